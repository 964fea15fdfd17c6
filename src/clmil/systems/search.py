"""What may vary in a search for a better recipe, and how far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clmil.errors import RecipeError
from clmil.systems.recipe import read_yaml, with_settings
from clmil.systems.settings import Recipe

Value = bool | int | float | str | None
RANGE_KEYS = {"low", "high", "log", "step"}


@dataclass(frozen=True, kw_only=True)
class Range:
    """A setting between two numbers, both included; of whole numbers if both are whole."""

    low: float
    high: float
    log: bool = False
    step: float | None = None

    @property
    def whole(self) -> bool:
        """Whether values are whole numbers."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    @property
    def ends(self) -> tuple[Value, ...]:
        """Values that a recipe must be able to take."""
        return (self.low, self.high)


@dataclass(frozen=True, kw_only=True)
class Categorical:
    """A setting that takes one of a few values."""

    values: tuple[Value, ...]

    @property
    def ends(self) -> tuple[Value, ...]:
        """Values that a recipe must be able to take."""
        return self.values


Space = Mapping[str, Range | Categorical]
"""Dotted recipe key to what it may be."""


def holds(kind: Range | Categorical, value: Any) -> bool:
    """Tell whether a value is one that a setting may take."""
    if isinstance(kind, Categorical):
        return value in kind.values
    return isinstance(value, int | float) and kind.low <= value <= kind.high


def read_space(path: Path, recipe: Recipe) -> Space:
    """Read a YAML file of dotted recipe keys, each with a list of values or a range.

    Raises:
        RecipeError: naming the file and the key, if the file cannot be read, a key stands twice
            or is unknown, a range is not one, or the recipe cannot take one of the values.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(
            f"the search space {path} cannot be read ({type(error).__name__}); give a YAML file "
            "of recipe keys, each with a list of values or {low: , high: }."
        ) from error
    values = read_yaml(text, f"the search space {path}")
    if not isinstance(values, dict) or not values:
        raise RecipeError(
            f"the search space {path} is no YAML mapping; write `part.key: [value, value]` or "
            "`part.key: {low: number, high: number, log: true}`."
        )
    space = {str(key): _parse(str(key), value, path) for key, value in values.items()}
    for key, kind in space.items():
        for value in kind.ends:
            try:
                with_settings(recipe, {key: value})
            except RecipeError as error:
                raise RecipeError(f"in the search space {path}, {error}") from None
    return space


def _parse(key: str, value: Any, path: Path) -> Range | Categorical:
    if key == "system" or key == "seed":
        raise RecipeError(
            f"the search space {path} varies {key}; give it with --{key}, a search keeps it."
        )
    plain = (bool, int, float, str, type(None))
    if isinstance(value, Sequence) and not isinstance(value, str):
        if not value or not all(isinstance(one, plain) for one in value):
            raise RecipeError(
                f"in the search space {path}, {key} lists no plain values; give numbers, words or "
                "true and false."
            )
        return Categorical(values=tuple(value))
    if not isinstance(value, dict) or not {"low", "high"} <= value.keys() <= RANGE_KEYS:
        raise RecipeError(
            f"in the search space {path}, {key} is {value!r}; give a list of values or "
            "{low: number, high: number}, with log: true or step: number if wanted."
        )
    return _range(key, value, path)


def _range(key: str, value: dict[str, Any], path: Path) -> Range:
    numbers = [value[name] for name in ("low", "high", "step") if name in value]
    log = value.get("log", False)
    fits = all(isinstance(one, int | float) and not isinstance(one, bool) for one in numbers)
    fits = fits and isinstance(log, bool) and value["low"] < value["high"]
    fits = fits and not (log and value["low"] <= 0)
    if not fits or ("step" in value and (log or value["step"] <= 0)):
        raise RecipeError(
            f"in the search space {path}, the range of {key} is {value!r}; low must be a number "
            "less than high, above 0 with log: true, and step a positive number without log."
        )
    return Range(low=value["low"], high=value["high"], log=log, step=value.get("step"))
