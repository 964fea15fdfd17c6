"""A recipe: one validated YAML file that says all of a training run."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from clmil.data.strict_yaml import load_yaml
from clmil.errors import RecipeError
from clmil.systems.registry import SHIPPED, SYSTEMS, SystemSpec, family_of, packaged_recipe
from clmil.systems.settings import Recipe

FIRST = "cl-mil"
"""The system of a recipe that names none."""

LATER: Mapping[str, Mapping[str, Any]] = {
    "encoder": {"windows": 1},
    "labels": {"see_text": True, "attention": None},
    "classifier": {"normalise_skip": False},
}
"""Settings that older versions lack, each with what it was then."""


def load_recipe(
    name: str = "default", *, system: str | None = None, overrides: Sequence[str] = ()
) -> Recipe:
    """Read a recipe, apply a system's switches, then the overrides.

    Args:
        name: `default`, `paper` or the path of a YAML file.
        system: a name of `clmil.systems.registry.SYSTEMS`; None keeps the recipe's own, of which
            what the recipe says of a part stands before what the system switches.
        overrides: `part.key=value`, the value in YAML.

    Raises:
        RecipeError: on an unknown name, key or system, or a value that does not fit.
    """
    spec = None if system is None else find_system(system)
    values = _read(name, spec)
    named = values.get("system", FIRST)
    if spec is not None and spec.name != named:
        _switch(values, spec)
    elif named in SYSTEMS:  # what the file says of a part of its own system stands
        stated = values
        values = {}
        _switch(values, SYSTEMS[named])
        _merge(values, stated)
    for override in overrides:
        key, text = split_override(override)
        _assign(values, key, read_yaml(text, f"the setting {override}"))
    return parse_recipe(values)


def as_overrides(settings: Mapping[str, object]) -> list[str]:
    """Return the settings that are given, not None, as `part.key=value`."""
    return [f"{key}={value}" for key, value in settings.items() if value is not None]


def split_override(override: str) -> tuple[str, str]:
    """Return key and value of `part.key=value`.

    Raises:
        RecipeError: if it has no `=`, or would change the system.
    """
    key, sign, text = override.partition("=")
    if not sign:
        raise RecipeError(f"the setting {override} has no `=`; write part.key=value.")
    if key.strip() == "system":
        raise RecipeError(
            f"the setting {override} would change the name alone; choose the system itself."
        )
    return key.strip(), text


def parse_recipe(values: dict[str, Any]) -> Recipe:
    """Validate plain values; the first fault is told in one sentence."""
    named = values.get("system", FIRST)
    model = recipe_model(find_system(named).name)
    try:
        return model.model_validate({"system": named} | values)
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(str(part) for part in fault["loc"])
        if fault["type"] == "extra_forbidden":
            known = known_keys(model)
            raise RecipeError(
                f"the recipe of {named} has no key {place!r}{_nearest(place, known)}"
            ) from None
        said = _said(fault, [key for key in known_keys(model) if key.startswith(f"{place}.")])
        if not place:
            raise RecipeError(f"the recipe: {said}.") from None
        raise RecipeError(f"the recipe's {place} is {fault['input']!r}, but: {said}.") from None


def with_settings(recipe: Recipe, settings: Mapping[str, object]) -> Recipe:
    """Return a recipe with other values at dotted keys.

    Raises:
        RecipeError: on an unknown key or a value that does not fit.
    """
    plain = recipe.plain()
    for key, value in settings.items():
        _assign(plain, key, value)
    return parse_recipe(plain)


def read_yaml(text: str, where: str) -> Any:
    """Return the plain values of a YAML text in which no key stands twice.

    Raises:
        RecipeError: with where it stands and what is wrong, if it is none.
    """
    try:
        return load_yaml(text)
    except ValueError as error:
        raise RecipeError(f"{where} is not valid YAML ({error}).") from error


def _said(fault: ErrorDetails, below: Sequence[str]) -> str:
    """Say of a wrong value what would be right.

    Args:
        fault: as pydantic tells it.
        below: keys below the one of the value, if it is a part of the recipe.
    """
    if fault["type"] == "tuple_type":
        return f"it takes a list, such as [{fault['input']}]"
    if below and fault["type"] == "model_type":
        return f"it is a part of the recipe; give its settings, such as {below[0]}"
    said = fault["msg"].removeprefix("Value error, ")
    return said.lower() if fault["loc"] else said


def find_system(name: object) -> SystemSpec:
    """Return a system by its name.

    Raises:
        RecipeError: with the nearest name, if there is none.
    """
    if not isinstance(name, str) or name not in SYSTEMS:
        raise RecipeError(f"there is no system {name!r}{_nearest(str(name), SYSTEMS)}")
    return SYSTEMS[name]


def recipe_model(system: str) -> type[Recipe]:
    """Return the pydantic model of a system's recipe."""
    return family_of(system).recipes[system]


def _read(name: str, spec: SystemSpec | None) -> dict[str, Any]:
    text = packaged_recipe(name, spec or SYSTEMS[FIRST])
    if text is None and name in SHIPPED and spec is not None:
        raise RecipeError(
            f"the system {spec.name} has no recipe {name!r}; give `default` or a YAML file."
        )
    if text is None:
        try:
            text = Path(name).read_text(encoding="utf-8")
        except (OSError, TypeError, UnicodeDecodeError) as error:
            raise RecipeError(
                f"the recipe {name} cannot be read ({type(error).__name__}); "
                "give `default`, `paper` or a YAML file."
            ) from error
    values = read_yaml(text, f"the recipe {name}")
    if not isinstance(values, dict):
        raise RecipeError(f"the recipe {name} is not a YAML mapping of parts to settings.")
    return values


def _switch(values: dict[str, Any], spec: SystemSpec) -> None:
    for key, value in {"system": spec.name, **spec.switches}.items():
        _assign(values, key, value)


def _merge(values: dict[str, Any], stated: dict[str, Any]) -> None:
    """Lay what a file states over what its system switches, part by part."""
    for key, value in stated.items():
        if isinstance(value, dict) and isinstance(values.get(key), dict):
            values[key] |= value
        else:
            values[key] = value


def _assign(values: dict[str, Any], key: str, value: Any) -> None:
    *parts, last = key.split(".")
    for part in parts:
        values = values.setdefault(part, {})
        if not isinstance(values, dict):
            raise RecipeError(f"the recipe's {part} takes a value, not the key {key!r}.")
    values[last] = value


def deciding(plain: dict[str, Any]) -> dict[str, Any]:
    """Return a recipe's plain values without the parts that are off, which decide nothing.

    By it a recipe is known again, also by a version that has more parts to switch on, or more
    settings (`LATER`).
    """
    return {
        key: _without_later(key, part)
        for key, part in plain.items()
        if not (isinstance(part, dict) and part.get("enabled") is False)
    }


def _without_later(key: str, part: Any) -> Any:
    """Leave out what `LATER` names, also of recipes within (a blend's members)."""
    if isinstance(part, list):
        return [_without_later(key, one) for one in part]
    if not isinstance(part, dict):
        return part
    then = LATER.get(key, {})
    kept = {name: value for name, value in part.items() if then.get(name, ...) != value}
    return {name: _without_later(name, value) for name, value in kept.items()}


def known_keys(model: type[BaseModel], prefix: str = "") -> list[str]:
    """Return the dotted keys of a recipe's model."""
    known: list[str] = []
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            known += known_keys(kind, f"{prefix}{name}.")
        else:
            known.append(f"{prefix}{name}")
    return known


def takes(known: Sequence[str], key: str) -> bool:
    """Tell whether a recipe of known keys has a key, or parts below it."""
    return any(one == key or one.startswith(f"{key}.") for one in known)


def applicable(overrides: Iterable[str], known: Sequence[str]) -> list[str]:
    """Return the overrides whose key a recipe of known keys has."""
    return [one for one in overrides if takes(known, split_override(one)[0])]


def _nearest(word: str, known: Iterable[str]) -> str:
    """Say what was meant instead of a wrong key or name; or, if nothing is near, what there is."""
    known = list(known)
    parts = list(dict.fromkeys(key.partition(".")[0] for key in known))
    part, _, own = word.rpartition(".")
    ends = {key: key.rpartition(".")[2] for key in (*known, *parts)}
    near = difflib.get_close_matches(word, ends, n=5, cutoff=0.5)
    near = [key for key in near if _alike(own, ends[key])]  # not alone for the part they share
    near += [key for key in known if ends[key] == own]  # a right key under a wrong part
    if near:
        return f"; did you mean {near[0]!r}?"
    beside = [key for key in known if part and key.startswith(f"{part}.")]
    return f"; known are {', '.join(beside or parts)}."


def _alike(first: str, second: str) -> bool:
    return difflib.SequenceMatcher(None, first.lower(), second.lower()).ratio() >= 0.7
