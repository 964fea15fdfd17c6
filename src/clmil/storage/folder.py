"""The model folder: what every kind of model has beside its own files.

`config.json`, which says the kind, and the weights are the system's own; `labels.json`,
`recipe.yaml`, `metrics.json` and `README.md` are the same for all. There is no pickle, loading
runs no code from the folder, and nothing here needs torch.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from clmil.decisions.rule import DecisionRule
from clmil.errors import ModelError
from clmil.labels.space import LabelSpace
from clmil.nn.settings import FORMAT_VERSION
from clmil.storage.atomic import read_json, staged_folder, write_json, write_text
from clmil.storage.card import with_decisions

CONFIG, LABELS, RECIPE, METRICS, CARD = (
    "config.json",
    "labels.json",
    "recipe.yaml",
    "metrics.json",
    "README.md",
)


MEMBERS = "members"
"""Folder of the models that a blend is made of."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ModelFacts:
    """What is known of a model apart from its weights.

    Attributes:
        space: the labels.
        rule: from the system's probabilities to predicted labels.
        recipe: the recipe as plain values.
        metrics: validation scores and facts of the run.
        card: text of the model card.
    """

    space: LabelSpace
    rule: DecisionRule
    recipe: dict[str, Any]
    metrics: dict[str, Any]
    card: str = ""

    @property
    def system(self) -> str:
        """Name of the system."""
        return str(self.recipe.get("system", "cl-mil"))


def save_folder(
    facts: ModelFacts,
    save_own: Callable[[Path], None],
    folder: Path,
    *,
    scratch: Path | None = None,
    aside: Path | None = None,
) -> None:
    """Write a model folder; `config.json`, which makes it one, arrives last.

    Args:
        facts: of the model.
        save_own: writes the system's own files, `config.json` among them, into a folder.
        folder: to write.
        scratch: where it is put together, on the same disk; None: beside it.
        aside: as `staged_folder` takes it, where the folder replaces a model.

    Raises:
        ModelError: if it cannot be written.
    """
    folder = folder.resolve()
    scratch = scratch or folder.with_name(f".{folder.name}.writing")
    with staged_folder(folder, scratch, last=CONFIG, aside=aside) as staging:
        save_own(staging)
        write_json(staging / LABELS, _labels(facts.space, facts.rule))
        write_text(staging / RECIPE, yaml.safe_dump(facts.recipe, sort_keys=False))
        write_json(staging / METRICS, facts.metrics)
        write_text(staging / CARD, with_decisions(facts.card, facts.rule))


def read_facts(folder: Path, *, mend: bool = False) -> ModelFacts:
    """Read what a model folder says apart from its weights.

    Args:
        folder: of the model.
        mend: let 0.5 for every label stand in for decisions that are damaged; the rule's
            `chosen` then says so under `damaged`.

    Raises:
        ModelError: if the folder is missing, is no model, is damaged, or was written by a
            newer version.
    """
    check_folder(folder)
    labels = read_json(folder / LABELS)
    space = LabelSpace.from_json(labels)
    card = folder / CARD
    return ModelFacts(
        space=space,
        rule=_load_rule(labels, space, mend=mend),
        recipe=_load_recipe(folder / RECIPE),
        metrics=read_json(folder / METRICS),
        card=card.read_text(encoding="utf-8") if card.exists() else "",
    )


def save_rule(folder: Path, rule: DecisionRule) -> None:
    """Replace the decision rule of a model folder, and what its card says of it.

    Raises:
        ModelError: if the folder is no model, or cannot be written.
    """
    check_folder(folder)
    space = LabelSpace.from_json(read_json(folder / LABELS))
    write_json(folder / LABELS, _labels(space, rule))
    card = folder / CARD
    if card.exists():
        write_text(card, with_decisions(card.read_text(encoding="utf-8"), rule))


def kind_of(folder: Path) -> str:
    """Return the kind of a model folder, by which its scorer is found.

    Raises:
        ModelError: as `check_folder`.
    """
    check_folder(folder)
    return str(read_json(folder / CONFIG).get("kind", "joint"))  # folders of before had one kind


def config_of(kind: str, **more: Any) -> dict[str, Any]:
    """Return the content of a `config.json`: what all kinds say there, and more."""
    return {"model_type": "clmil", "format_version": FORMAT_VERSION, "kind": kind} | more


def is_model(folder: Path) -> bool:
    """Tell whether a folder holds a clmil model, of any version."""
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(config, dict) and config.get("model_type") == "clmil"


def check_folder(folder: Path) -> None:
    """Raise a `ModelError` unless the folder looks like a model of a known version."""
    if folder.is_file():
        raise ModelError(f"{folder} is a file; give the folder of a model.")
    if not folder.is_dir():
        raise ModelError(f"the model folder {folder} does not exist; check the path.")
    config = read_json(folder / CONFIG)
    if not is_model(folder):
        raise ModelError(
            f"{folder} holds no clmil model, as its {CONFIG} says; "
            "give a folder that `clmil train` wrote."
        )
    version = config.get("format_version")
    if not isinstance(version, int) or version > FORMAT_VERSION:
        raise ModelError(
            f"{folder} was written by a newer clmil (folder format {version}, "
            f"this version reads up to {FORMAT_VERSION}); upgrade with `pip install -U clmil`."
        )


def model_files(folder: Path) -> list[Path]:
    """Return the files of a model folder, those of a blend's members below it included.

    What a run that is not finished keeps in a folder of its own is not among them.
    """
    below = (folder / MEMBERS).rglob("*")
    return sorted(file for file in (*folder.iterdir(), *below) if file.is_file())


def check_label_count(folder: Path, named: int, weights_for: int) -> None:
    """Raise a `ModelError` unless `labels.json` names as many labels as the weights are for."""
    if named != weights_for:
        raise ModelError(
            f"{folder / LABELS} names {named} labels but the weights are for "
            f"{weights_for}; the files do not belong together, restore the folder."
        )


def _labels(space: LabelSpace, rule: DecisionRule) -> dict[str, Any]:
    return space.to_json() | {"decisions": rule.to_json(space.names)}


def _load_rule(labels: dict[str, Any], space: LabelSpace, *, mend: bool) -> DecisionRule:
    """Read the rule; folders of before there were rules hold one threshold, or none."""
    single = {"thresholds": dict.fromkeys(space.names, labels.get("threshold", 0.5))}
    try:
        return DecisionRule.from_json(labels.get("decisions", single), space.names)
    except ModelError as error:
        if not mend:
            raise
        return replace(DecisionRule.fixed(len(space)), chosen={"damaged": str(error)})


def _load_recipe(path: Path) -> dict[str, Any]:
    try:
        recipe = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        recipe = None
    if not isinstance(recipe, dict):
        raise ModelError(f"{path} is missing or damaged; restore it from a copy or train again.")
    return recipe
