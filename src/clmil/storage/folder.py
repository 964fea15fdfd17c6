"""The model folder: what it holds, how it is written and read.

`config.json`, `model.safetensors`, tokenizer files, `labels.json`, `recipe.yaml`,
`metrics.json` and `README.md`. There is no pickle, and loading runs no code from it.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from clmil.errors import ModelError
from clmil.labels.space import LabelSpace
from clmil.nn.settings import FORMAT_VERSION
from clmil.storage.atomic import first_line, read_json, staged_folder, write_json, write_text

if TYPE_CHECKING:
    from clmil.nn.model import ClMilModel


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
        threshold: a label is predicted when its probability is greater.
    """

    network: "ClMilModel"
    tokenizer: Any
    space: LabelSpace
    recipe: dict[str, Any]
    metrics: dict[str, Any]
    card: str = ""
    threshold: float = 0.5


def save_model(model: SavedModel, folder: Path, *, scratch: Path | None = None) -> None:
    """Write a model folder; `config.json`, which makes it one, arrives last."""
    from clmil.storage.quiet import quiet_libraries

    folder = folder.resolve()
    scratch = scratch or folder.with_name(f".{folder.name}.writing")
    with staged_folder(folder, scratch, last="config.json") as staging:
        with quiet_libraries():
            model.network.save_pretrained(staging)
        model.tokenizer.backend_tokenizer.no_truncation()
        model.tokenizer.save_pretrained(staging)
        labels = model.space.to_json() | {"threshold": model.threshold}
        write_json(staging / "labels.json", labels)
        write_text(staging / "recipe.yaml", yaml.safe_dump(model.recipe, sort_keys=False))
        write_json(staging / "metrics.json", model.metrics)
        write_text(staging / "README.md", model.card)


def load_model(folder: Path) -> SavedModel:
    """Read a model folder.

    Raises:
        ModelError: if the folder is missing, is no model, is damaged, or was written by a
            newer version.
    """
    check_folder(folder)
    network = _load_network(folder)
    labels = read_json(folder / "labels.json")
    space = LabelSpace.from_json(labels)
    if len(space) != network.config.label_count:
        raise ModelError(
            f"{folder / 'labels.json'} names {len(space)} labels but the weights are for "
            f"{network.config.label_count}; the files do not belong together, restore the folder."
        )
    card = folder / "README.md"
    return SavedModel(
        network=network,
        tokenizer=_load_tokenizer(folder),
        space=space,
        recipe=_load_recipe(folder / "recipe.yaml"),
        metrics=read_json(folder / "metrics.json"),
        card=card.read_text(encoding="utf-8") if card.exists() else "",
        threshold=float(labels.get("threshold", 0.5)),
    )


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


def _load_tokenizer(folder: Path) -> Any:
    from transformers import PreTrainedTokenizerFast

    try:
        return PreTrainedTokenizerFast.from_pretrained(folder)
    except Exception as error:  # the tokenizers library raises bare Exceptions
        raise ModelError(
            f"the tokenizer of {folder} is missing or damaged; restore it or train again."
        ) from error


def _load_recipe(path: Path) -> dict[str, Any]:
    try:
        recipe = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        recipe = None
    if not isinstance(recipe, dict):
        raise ModelError(f"{path} is missing or damaged; restore it from a copy or train again.")
    return recipe


def _load_network(folder: Path) -> "ClMilModel":
    from safetensors import SafetensorError, safe_open

    from clmil.nn.model import ClMilModel
    from clmil.storage.quiet import quiet_libraries

    weights = folder / "model.safetensors"
    try:
        with safe_open(weights, framework="numpy") as stored:
            names = set(stored.keys())
        with quiet_libraries():
            network: ClMilModel = ClMilModel.from_pretrained(folder)
    except FileNotFoundError:
        raise ModelError(f"{folder} has no model.safetensors; restore it or train again.") from None
    except (SafetensorError, RuntimeError, OSError, ValueError, LookupError, TypeError) as error:
        raise ModelError(
            f"{weights} is damaged or does not fit config.json ({first_line(error)}); "
            "restore it from a copy or train again."
        ) from error
    missing = sorted(set(network.state_dict()) - names)
    if missing:
        raise ModelError(
            f"{weights} lacks {len(missing)} tensors ({missing[0]}, ...); "
            "restore it from a copy or train again."
        )
    network.eval()
    return network
