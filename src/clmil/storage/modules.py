"""A torch network that is rebuilt from settings: `config.json` and `model.safetensors`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from clmil.errors import ModelError
from clmil.storage.atomic import first_line, write_json
from clmil.storage.folder import CONFIG

if TYPE_CHECKING:
    from torch import nn

WEIGHTS = "model.safetensors"


def save_module(network: "nn.Module", config: dict[str, Any], folder: Path) -> None:
    """Write a network's tensors, and from what it is rebuilt (`clmil.storage.folder.config_of`)."""
    from safetensors.torch import save_file

    tensors = {name: value.contiguous().cpu() for name, value in network.state_dict().items()}
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
    write_json(folder / CONFIG, config)


def load_module(network: "nn.Module", folder: Path) -> None:
    """Fill a rebuilt network with the tensors of a folder, and put it into eval mode.

    Raises:
        ModelError: if they are missing, damaged or do not fit the network.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    weights = folder / WEIGHTS
    try:
        network.load_state_dict(load_file(weights))
    except FileNotFoundError:
        raise ModelError(f"{folder} has no {WEIGHTS}; restore it or train again.") from None
    except (SafetensorError, RuntimeError, OSError, ValueError) as error:
        raise ModelError(
            f"{weights} is damaged or does not fit {CONFIG} ({first_line(error)}); "
            "restore it from a copy or train again."
        ) from error
    network.eval()
