"""The span of every linear layer's inputs, from which int8 prediction takes its scales."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from clmil.data.batching import padded_batches
from clmil.nn.network import Network


def activation_ranges(
    network: Network, ids: Sequence[Sequence[int]], *, batch_size: int = 32
) -> dict[str, tuple[float, float]]:
    """Return the mean over batches of each layer's smallest and largest input.

    Args:
        network: in eval mode, over a transformers encoder, whose own forward is run.
        ids: word pieces of some texts, which should be like those to come.
        batch_size: texts at once.
    """
    seen: dict[str, list[tuple[float, float]]] = {}
    hooks = [
        module.register_forward_pre_hook(_watch(name, seen))
        for name, module in network.named_modules()
        if isinstance(module, nn.Linear) and name.split(".")[0] in ("encoder", "cil")
    ]
    packed, network.packed = network.packed, False
    try:
        with torch.inference_mode():
            for _, batch in padded_batches(ids, batch_size, network.device, multiple=1):
                network(**batch)
    finally:
        network.packed = packed
        for hook in hooks:
            hook.remove()
    return {
        name: (
            float(np.mean([low for low, _ in spans])),
            float(np.mean([high for _, high in spans])),
        )
        for name, spans in seen.items()
    }


def stored_ranges(network: Network) -> dict[str, tuple[float, float]] | None:
    """Return the ranges that a network's configuration keeps, if it does."""
    config: Any = getattr(network, "config", None)
    held = config.to_dict() if config is not None else getattr(network, "values", {})
    ranges: dict[str, tuple[float, float]] | None = held.get("ranges")
    return ranges


def _watch(name: str, seen: dict[str, list[tuple[float, float]]]) -> Any:
    def note(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:  # noqa: ARG001
        low, high = inputs[0].float().aminmax()
        seen.setdefault(name, []).append((low.item(), high.item()))

    return note
