"""What a joint network shows beside its predictions: FIL and CIL alone, and representations."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from clmil.nn.network import Network
    from clmil.storage.encoders import LoadedEncoder

BATCH = 32

ENCODER = re.compile(r"(network\.)?encoder\.")
"""What stands before the names of the encoder's weights in those of a network in training."""


def look_inside(network: "Network", ids: Sequence[Sequence[int]]) -> dict[str, np.ndarray]:
    """Return `vectors` (n, h), and `fil` and `cil` (n, l) where the network has both; float32.

    The vectors are the pooled text that the classifiers see, labels encoded beside it where the
    network encodes them.

    Args:
        network: in eval mode.
        ids: word pieces of each text, without special tokens.
    """

    def read(batch: dict[str, Any]) -> dict[str, Any]:
        seen = network.represented(**batch)
        output: Any = network.judge(seen)
        found = {"vectors": seen.pooled}
        if output.fil is not None and output.cil is not None:
            found |= {"fil": output.fil, "cil": output.cil}
        return found

    return _in_batches(network, ids, read)


def initial_vectors(
    network: "Network",
    ids: Sequence[Sequence[int]],
    encoder: "LoadedEncoder",
    contrastive: Path | None,
) -> dict[str, np.ndarray]:
    """Return (n, h) float32 representations before the multi-task stage, as Figure 3 shows them.

    `initial_vectors`: of the encoder as given; `contrastive_vectors`: after the contrastive
    stage, where there was one. The network's encoder is overwritten.

    Args:
        network: in eval mode.
        ids: word pieces of each text, without special tokens.
        encoder: that training began with.
        contrastive: weights of the whole network after the contrastive stage.
    """
    from safetensors.torch import load_file

    def read(batch: dict[str, Any]) -> dict[str, Any]:
        return {"vectors": network.represent(**batch, joint=False)}

    states = {"initial_vectors": encoder.model.state_dict()}
    if contrastive is not None:
        states["contrastive_vectors"] = _encoder_part(load_file(contrastive))
    found = {}
    for name, state in states.items():
        # A pooler, which the network lacks, is left out; anything that is missing is an error.
        wanted = network.encoder.state_dict().keys()
        network.encoder.load_state_dict({key: state[key] for key in state if key in wanted})
        found[name] = _in_batches(network, ids, read)["vectors"]
    return found


def _encoder_part(stored: dict[str, Any]) -> dict[str, Any]:
    """Return the encoder's weights under its own names."""
    names = {key: ENCODER.match(key) for key in stored}
    return {key[match.end() :]: stored[key] for key, match in names.items() if match}


def _in_batches(
    network: "Network", ids: Sequence[Sequence[int]], read: Callable[[dict[str, Any]], Any]
) -> dict[str, np.ndarray]:
    """Read all texts in batches of like length, and put them back in order."""
    import torch

    from clmil.data.batching import padded_batches

    found: dict[str, np.ndarray] = {}
    with torch.inference_mode():
        for rows, batch in padded_batches(ids, BATCH, network.device):
            for name, value in read(batch).items():
                part = value.float().cpu().numpy()
                place = found.setdefault(name, np.zeros((len(ids), part.shape[1]), np.float32))
                place[rows] = part
    return found
