"""The model folder: what it holds, how it is written and read.

`config.json`, `model.safetensors`, tokenizer files, `labels.json`, `recipe.yaml`,
`metrics.json` and `README.md`. There is no pickle, and loading runs no code from it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from clmil.errors import ModelError
from clmil.labels.space import LabelSpace
from clmil.storage.atomic import read_json, staged_folder, write_json, write_text

if TYPE_CHECKING:
    from clmil.nn.model import ClMilModel

FORMAT_VERSION = 1


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
    """

    network: "ClMilModel"
    tokenizer: Any
    space: LabelSpace
    recipe: dict[str, Any]
    metrics: dict[str, Any]
    card: str = ""


def save_model(model: SavedModel, folder: Path, *, scratch: Path | None = None) -> None:
    """Write a model folder; `config.json`, which makes it one, arrives last."""
    from clmil.storage.quiet import quiet_libraries

    scratch = scratch or folder.with_name(f".{folder.name}.writing")
    with staged_folder(folder, scratch, last="config.json") as staging:
        with quiet_libraries():
            model.network.save_pretrained(staging)
        model.tokenizer.save_pretrained(staging)
        write_json(staging / "labels.json", model.space.to_json())
        write_text(staging / "recipe.yaml", yaml.safe_dump(model.recipe, sort_keys=False))
        write_json(staging / "metrics.json", model.metrics)
        write_text(staging / "README.md", model.card)


def load_model(folder: Path) -> SavedModel:
    """Read a model folder.

    Raises:
        ModelError: if the folder is missing, is no model, is damaged, or was written by a
            newer version.
    """
    from transformers import PreTrainedTokenizerFast

    check_folder(folder)
    network = _load_network(folder)
    space = LabelSpace.from_json(read_json(folder / "labels.json"))
    if len(space) != network.config.label_count:
        raise ModelError(
            f"{folder / 'labels.json'} names {len(space)} labels but the weights are for "
            f"{network.config.label_count}; the files do not belong together, restore the folder."
        )
    return SavedModel(
        network=network,
        tokenizer=PreTrainedTokenizerFast.from_pretrained(folder),
        space=space,
        recipe=yaml.safe_load((folder / "recipe.yaml").read_text(encoding="utf-8")),
        metrics=read_json(folder / "metrics.json"),
    )


def check_folder(folder: Path) -> None:
    """Raise a `ModelError` unless the folder looks like a model of a known version."""
    if not folder.is_dir():
        raise ModelError(f"the model folder {folder} does not exist; check the path.")
    config = read_json(folder / "config.json")
    if not isinstance(config, dict) or config.get("model_type") != "clmil":
        raise ModelError(
            f"{folder} holds no clmil model (config.json says {config.get('model_type')!r}); "
            "give a folder that `clmil train` wrote."
            if isinstance(config, dict)
            else f"{folder / 'config.json'} is damaged; restore it from a copy or train again."
        )
    if config.get("format_version", 0) > FORMAT_VERSION:
        raise ModelError(
            f"{folder} was written by a newer clmil (folder format {config['format_version']}, "
            f"this version reads up to {FORMAT_VERSION}); upgrade with `pip install -U clmil`."
        )


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
    except (SafetensorError, RuntimeError, OSError, ValueError) as error:
        raise ModelError(
            f"{weights} is damaged or does not fit config.json ({str(error).splitlines()[0]}); "
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
