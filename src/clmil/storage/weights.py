"""The network of a model folder: `config.json` and `model.safetensors`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from clmil.errors import ModelError
from clmil.storage.atomic import first_line, read_json
from clmil.storage.folder import CONFIG
from clmil.storage.modules import WEIGHTS, save_module

if TYPE_CHECKING:
    from clmil.nn.network import Network


def save_network(network: "Network", folder: Path) -> None:
    """Write a network into a folder."""
    from clmil.nn.light import LightModel

    if isinstance(network, LightModel):
        save_module(network, network.values, folder)
        return
    from clmil.storage.quiet import quiet_libraries

    saved: Any = network
    with quiet_libraries():
        saved.save_pretrained(folder)


def load_network(folder: Path) -> "Network":
    """Read a network, in eval mode; without transformers where encoder and device allow.

    Raises:
        ModelError: if the weights are missing, damaged or do not fit `config.json`.
    """
    from safetensors import SafetensorError, safe_open

    weights = folder / WEIGHTS
    try:
        with safe_open(weights, framework="numpy") as stored:
            names = set(stored.keys())
        network = _light(folder) or _full(folder)
    except FileNotFoundError:
        raise ModelError(f"{folder} has no {WEIGHTS}; restore it or train again.") from None
    except (SafetensorError, RuntimeError, OSError, ValueError, LookupError, TypeError) as error:
        raise ModelError(
            f"{weights} is damaged or does not fit {CONFIG} ({first_line(error)}); "
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


def _light(folder: Path) -> "Network | None":
    import torch
    from safetensors.torch import load_file

    from clmil.nn.bert import is_light
    from clmil.nn.light import LightModel

    values = read_json(folder / CONFIG)
    if torch.cuda.is_available() or not is_light(values["encoder"]):
        return None
    with torch.random.fork_rng(devices=[]):  # fresh values are drawn and then replaced
        network = LightModel(values)
    unknown = network.load_state_dict(load_file(folder / WEIGHTS), strict=False, assign=True)
    if unknown.unexpected_keys:
        raise ValueError(f"unknown tensor {unknown.unexpected_keys[0]}")
    return network


def _full(folder: Path) -> "Network":
    from clmil.nn.model import ClMilModel
    from clmil.storage.quiet import quiet_libraries

    with quiet_libraries():
        network: ClMilModel = ClMilModel.from_pretrained(folder)
    return network
