"""A store of neighbours in a folder: representations and targets, mapped from disk, not read."""

from dataclasses import asdict
from pathlib import Path

from clmil.decisions.neighbours import NeighbourChoice, NeighbourStore
from clmil.errors import ClmilError, ModelError
from clmil.storage.atomic import read_json, write_json

STORE, CHOICE = "neighbours.safetensors", "neighbours.json"


def save_store(store: NeighbourStore, choice: NeighbourChoice, folder: Path) -> None:
    """Write a store and how it is used."""
    from safetensors.numpy import save_file

    save_file({"texts": store.texts, "targets": store.targets}, folder / STORE)
    write_json(folder / CHOICE, asdict(choice))


def holds_store(folder: Path) -> bool:
    """Tell whether a folder has a store, or what is left of one."""
    return any((folder / name).exists() for name in (STORE, CHOICE))


def load_store(folder: Path) -> tuple[NeighbourStore, NeighbourChoice]:
    """Take up what `save_store` wrote; pages of the store are read when they are needed.

    Raises:
        ModelError: if a file is missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file  # which maps the file, as numpy's does not

    try:
        tensors = load_file(folder / STORE)
        texts, targets = tensors["texts"].numpy(), tensors["targets"].numpy()
        choice = NeighbourChoice(**read_json(folder / CHOICE))
        store = NeighbourStore(texts=texts, targets=targets, normalise=choice.normalise)
        return store, choice
    except (OSError, SafetensorError, KeyError, TypeError, ClmilError) as error:
        raise ModelError(
            f"the store of neighbours {folder / STORE} is missing or damaged; restore the folder "
            "from a copy or train again."
        ) from error
