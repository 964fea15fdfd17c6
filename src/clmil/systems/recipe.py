"""A recipe: one validated YAML file that says all of a training run."""

import difflib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, Field, NonNegativeFloat, PositiveFloat, PositiveInt, ValidationError

from clmil.decisions.choosing import Choice
from clmil.decisions.objectives import Objective, ObjectiveName
from clmil.errors import RecipeError
from clmil.nn.settings import EncoderSettings, NetworkSettings, Settings
from clmil.systems.registry import SYSTEMS


class EncoderChoice(EncoderSettings):
    """Which encoder, and how it is run."""

    name: str = "minilm"
    """An alias, a folder or a hub id."""


class ContrastiveSettings(Settings):
    """The contrastive stage, section 3.2 and equation 1."""

    enabled: bool = True
    anchors: PositiveInt = 8
    """Target documents in a step; 1 is the paper's batch of N + 1."""
    negatives: PositiveInt = 31
    """Sources in a step, N; several anchors share them."""
    rule: Literal["zero", "lowmean", "lowmean_sym", "target_low_only", "disjoint"] = "lowmean"
    low_frequency: PositiveFloat = 1000 / 53840
    """Labels on a smaller share of the training documents count as rare (Table 6 on AAPD)."""
    membership: Literal["any", "all"] = "any"
    scale: PositiveFloat = 20.0
    """Cosines are multiplied by it; 0.05 is equation 1's printed division by tau = 20."""
    literal: bool = False
    """Equation 1's N-fold positive in the denominator."""
    max_length: int = Field(default=230, ge=8)
    learning_rate: PositiveFloat = 5e-5
    epochs: PositiveInt = 20
    patience: PositiveInt = 2
    max_steps: PositiveInt | None = None
    """Upper bound of steps, whatever the epochs."""


class RateSettings(Settings):
    """Learning rates by part, as multiples of `training.learning_rate`."""

    encoder: NonNegativeFloat = 1.0
    labels: NonNegativeFloat = 1.0
    fil: NonNegativeFloat = 1.0
    cil: NonNegativeFloat = 1.0
    clrl: NonNegativeFloat = 1.0
    classifiers: NonNegativeFloat = 1.0


class TrainingSettings(Settings):
    """The multi-task stage and what both stages share."""

    epochs: PositiveInt = 20
    patience: PositiveInt = 2
    batch_size: PositiveInt = 32
    learning_rate: PositiveFloat = 5e-5
    rates: RateSettings = RateSettings()
    schedule: Literal["constant", "linear"] = "constant"
    warmup: float = Field(default=0.0, ge=0, lt=1)
    weight_decay: NonNegativeFloat = 0.0
    epsilon: PositiveFloat = 1e-6
    clip: NonNegativeFloat = 1.0
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    evaluations: PositiveInt = 1
    """Validations in an epoch."""
    checkpoint_steps: PositiveInt = 100
    """Steps between checkpoints; every validation writes one too."""
    validation_share: float = Field(default=0.1, gt=0, lt=1)
    report_to: tuple[Literal["tensorboard", "wandb", "mlflow"], ...] = ("tensorboard",)


class DecisionSettings(Settings):
    """How validation documents decide what is predicted; `clmil.decisions.choosing`."""

    scope: Literal["per-label", "global", "fixed"] = "per-label"
    """A threshold for each label, one for all, or 0.5."""
    objective: ObjectiveName = "macro-f1"
    recall: float = Field(default=0.9, gt=0, le=1)
    """At least, for the objective precision-at-recall."""
    false_positive: NonNegativeFloat = 1.0
    false_negative: NonNegativeFloat = 1.0
    """Costs of a wrong cell, for the objective cost."""
    calibrate: Literal["none", "temperature", "isotonic"] = "none"
    never_empty: bool = False
    """Give every text at least one label."""

    def choice(self, seed: int) -> Choice:
        """Return them as `choose_rule` takes them."""
        objective = Objective(
            name=self.objective,
            recall=self.recall,
            false_positive=self.false_positive,
            false_negative=self.false_negative,
        )
        return Choice(
            scope=self.scope,
            objective=objective,
            calibrate=self.calibrate,
            never_empty=self.never_empty,
            seed=seed,
        )


class Recipe(NetworkSettings):
    """Everything that decides a run, given the data."""

    system: str = "cl-mil"
    seed: int = Field(default=1, ge=0, lt=2**32)
    encoder: EncoderChoice = EncoderChoice()
    contrastive: ContrastiveSettings = ContrastiveSettings()
    training: TrainingSettings = TrainingSettings()
    decisions: DecisionSettings = DecisionSettings()

    def network(self) -> NetworkSettings:
        """Return the part that the saved network's configuration keeps."""
        values = self.model_dump(include=set(NetworkSettings.model_fields))
        values["encoder"] = self.encoder.model_dump(include=set(EncoderSettings.model_fields))
        return NetworkSettings.model_validate(values)

    def plain(self) -> dict[str, Any]:
        """Return plain values, as they are written to `recipe.yaml`."""
        return self.model_dump(mode="json")


def load_recipe(
    name: str = "default", *, system: str | None = None, overrides: Sequence[str] = ()
) -> Recipe:
    """Read a recipe, apply a system's switches, then the overrides.

    Args:
        name: `default`, `paper` or the path of a YAML file.
        system: a name of `clmil.systems.registry.SYSTEMS`; None keeps the recipe's own.
        overrides: `part.key=value`, the value in YAML.

    Raises:
        RecipeError: on an unknown name, key or system, or a value that does not fit.
    """
    values = _read(name)
    named = values.get("system", "cl-mil")
    if system is None and named in SYSTEMS:  # what the file says of a part stands
        stated = values
        values = {}
        _switch(values, named)
        _merge(values, stated)
    elif system is not None:
        _switch(values, system)
    for override in overrides:
        key, sign, text = override.partition("=")
        if not sign:
            raise RecipeError(f"--set {override} has no `=`; write part.key=value.")
        if key.strip() == "system":
            raise RecipeError(f"--set {override} would change the name alone; use --system.")
        _assign(values, key.strip(), _yaml(text, f"--set {override}"))
    return parse_recipe(values)


def parse_recipe(values: dict[str, Any]) -> Recipe:
    """Validate plain values; the first fault is told in one sentence."""
    named = values.get("system", "cl-mil")
    if named not in SYSTEMS:
        raise RecipeError(f"there is no system {named!r}{_nearest(str(named), SYSTEMS)}")
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(str(part) for part in fault["loc"])
        if fault["type"] == "extra_forbidden":
            known = _known_keys(Recipe)
            raise RecipeError(f"the recipe has no key {place!r}{_nearest(place, known)}") from None
        if not place:
            raise RecipeError(
                f"the recipe: {fault['msg'].removeprefix('Value error, ')}."
            ) from None
        raise RecipeError(
            f"the recipe's {place} is {fault['input']!r}, but: {fault['msg'].lower()}."
        ) from None


def _read(name: str) -> dict[str, Any]:
    packaged = files("clmil.systems").joinpath("recipes", f"{name}.yaml")
    if "/" not in name and packaged.is_file():
        text = packaged.read_text(encoding="utf-8")
    else:
        try:
            text = Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise RecipeError(
                f"the recipe {name} cannot be read ({type(error).__name__}); "
                "give `default`, `paper` or a YAML file."
            ) from error
    values = _yaml(text, f"the recipe {name}")
    if not isinstance(values, dict):
        raise RecipeError(f"the recipe {name} is not a YAML mapping of parts to settings.")
    return values


def _yaml(text: str, where: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise RecipeError(f"{where} is not valid YAML ({str(error).splitlines()[0]}).") from error


def _switch(values: dict[str, Any], system: str) -> None:
    if system not in SYSTEMS:
        raise RecipeError(f"there is no system {system!r}{_nearest(system, SYSTEMS)}")
    for key, value in {"system": system, **SYSTEMS[system].switches}.items():
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


def _known_keys(model: type[BaseModel], prefix: str = "") -> list[str]:
    known: list[str] = []
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            known += _known_keys(kind, f"{prefix}{name}.")
        else:
            known.append(f"{prefix}{name}")
    return known


def _nearest(word: str, known: Any) -> str:
    known = list(known)
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    if not near:  # a right key under a wrong part
        near = [key for key in known if key.split(".")[-1] == word.split(".")[-1]][:1]
    return f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(known)}."
