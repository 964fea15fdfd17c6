"""The model folder: what it holds, how it is written and read.

`config.json`, `model.safetensors`, tokenizer files, `labels.json`, `recipe.yaml`,
`metrics.json` and `README.md`. There is no pickle, and loading runs no code from it.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from clmil.decisions.rule import DecisionRule
from clmil.errors import ModelError
from clmil.labels.space import LabelSpace
from clmil.nn.settings import FORMAT_VERSION
from clmil.storage.atomic import read_json, staged_folder, write_json, write_text
from clmil.storage.card import with_decisions
from clmil.storage.tokenizer import StoredTokenizer
from clmil.storage.weights import load_network, save_network

if TYPE_CHECKING:
    from clmil.nn.network import Network


@dataclass(frozen=True, kw_only=True)
class SavedModel:
    """A trained network with all that is needed to use it.

    Attributes:
        network: the torch network, in eval mode when loaded.
        tokenizer: the encoder's fast tokenizer.
        space: the labels.
        recipe: the recipe as plain values.
        metrics: validation scores and facts of the run.
        card: text of the model card.
        rule: from the network's probabilities to predicted labels.
    """

    network: "Network"
    tokenizer: Any
    space: LabelSpace
    recipe: dict[str, Any]
    metrics: dict[str, Any]
    rule: DecisionRule
    card: str = ""


def save_model(model: SavedModel, folder: Path, *, scratch: Path | None = None) -> None:
    """Write a model folder; `config.json`, which makes it one, arrives last."""
    folder = folder.resolve()
    scratch = scratch or folder.with_name(f".{folder.name}.writing")
    with staged_folder(folder, scratch, last="config.json") as staging:
        save_network(model.network, staging)
        model.tokenizer.backend_tokenizer.no_truncation()
        model.tokenizer.save_pretrained(staging)
        write_json(staging / "labels.json", _labels(model.space, model.rule))
        write_text(staging / "recipe.yaml", yaml.safe_dump(model.recipe, sort_keys=False))
        write_json(staging / "metrics.json", model.metrics)
        write_text(staging / "README.md", with_decisions(model.card, model.rule))


def load_model(folder: Path) -> SavedModel:
    """Read a model folder.

    Raises:
        ModelError: if the folder is missing, is no model, is damaged, or was written by a
            newer version.
    """
    check_folder(folder)
    network = load_network(folder)
    labels = read_json(folder / "labels.json")
    space = LabelSpace.from_json(labels)
    if len(space) != network.label_count:
        raise ModelError(
            f"{folder / 'labels.json'} names {len(space)} labels but the weights are for "
            f"{network.label_count}; the files do not belong together, restore the folder."
        )
    card = folder / "README.md"
    return SavedModel(
        network=network,
        tokenizer=StoredTokenizer(folder),
        space=space,
        recipe=_load_recipe(folder / "recipe.yaml"),
        metrics=read_json(folder / "metrics.json"),
        rule=_load_rule(labels, space),
        card=card.read_text(encoding="utf-8") if card.exists() else "",
    )


def save_rule(folder: Path, rule: DecisionRule) -> None:
    """Replace the decision rule of a model folder, and what its card says of it.

    Raises:
        ModelError: if the folder is no model, or cannot be written.
    """
    check_folder(folder)
    space = LabelSpace.from_json(read_json(folder / "labels.json"))
    write_json(folder / "labels.json", _labels(space, rule))
    card = folder / "README.md"
    if card.exists():
        write_text(card, with_decisions(card.read_text(encoding="utf-8"), rule))


def is_model(folder: Path) -> bool:
    """Tell whether a folder holds a clmil model, of any version."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(config, dict) and config.get("model_type") == "clmil"


def check_folder(folder: Path) -> None:
    """Raise a `ModelError` unless the folder looks like a model of a known version."""
    if not folder.is_dir():
        raise ModelError(f"the model folder {folder} does not exist; check the path.")
    config = read_json(folder / "config.json")
    if not is_model(folder):
        raise ModelError(
            f"{folder} holds no clmil model, as its config.json says; "
            "give a folder that `clmil train` wrote."
        )
    version = config.get("format_version")
    if not isinstance(version, int) or version > FORMAT_VERSION:
        raise ModelError(
            f"{folder} was written by a newer clmil (folder format {version}, "
            f"this version reads up to {FORMAT_VERSION}); upgrade with `pip install -U clmil`."
        )


def _labels(space: LabelSpace, rule: DecisionRule) -> dict[str, Any]:
    return space.to_json() | {"decisions": rule.to_json(space.names)}


def _load_rule(labels: dict[str, Any], space: LabelSpace) -> DecisionRule:
    """Read the rule; folders of before there were rules hold one threshold, or none."""
    if "decisions" in labels:
        return DecisionRule.from_json(labels["decisions"], space.names)
    return DecisionRule.fixed(len(space), float(labels.get("threshold", 0.5)))


def _load_recipe(path: Path) -> dict[str, Any]:
    try:
        recipe = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        recipe = None
    if not isinstance(recipe, dict):
        raise ModelError(f"{path} is missing or damaged; restore it from a copy or train again.")
    return recipe
