"""The span of every linear layer's inputs, from which int8 prediction takes its scales."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from clmil.data.batching import padded_batches
from clmil.nn.network import Network

Ranges = dict[str, tuple[float, float]]
"""Smallest and largest input of linear layers, by their names in the network."""


def activation_ranges(
    network: Network, ids: Sequence[Sequence[int]], *, batch_size: int = 32
) -> Ranges:
    """Return the mean over batches of each layer's smallest and largest input.

    Args:
        network: in eval mode, over a transformers encoder.
        ids: word pieces of some texts, which should be like those to come.
        batch_size: texts at once.
    """
    batches: list[Ranges] = []
    hooks = [
        module.register_forward_pre_hook(_watch(name, batches))
        for name, module in network.named_modules()
        if isinstance(module, nn.Linear) and name.split(".")[0] in ("encoder", "cil")
    ]
    packed = network.encoder.encoder.layer if network.leaves_padding_out else ()
    attentions = [layer.attention.self for layer in packed]
    for within in attentions:  # whose three layers are otherwise joined, past their hooks
        within.joined = partial(_called_apart, within)
    try:
        with torch.inference_mode():
            for _, batch in padded_batches(ids, batch_size, network.device, multiple=1):
                batches.append({})
                network(**batch)
    finally:
        for within in attentions:
            del within.joined
        for hook in hooks:
            hook.remove()
    names = batches[0] if batches else {}
    means = {name: np.mean([batch[name] for batch in batches], axis=0) for name in names}
    return {name: (float(low), float(high)) for name, (low, high) in means.items()}


def _called_apart(within: Any, states: Tensor) -> Tensor:
    parts = (within.query, within.key, within.value)
    return torch.cat([part(states) for part in parts], dim=1)


def stored_ranges(network: Network) -> Ranges | None:
    """Return the ranges that a network's configuration keeps, if it does."""
    config: Any = getattr(network, "config", None)
    held = config.to_dict() if config is not None else getattr(network, "values", {})
    ranges: Ranges | None = held.get("ranges")
    return ranges


def _watch(name: str, batches: list[Ranges]) -> Any:
    def note(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:  # noqa: ARG001
        low, high = (float(bound) for bound in inputs[0].float().aminmax())
        known = batches[-1].setdefault(name, (low, high))
        batches[-1][name] = (min(low, known[0]), max(high, known[1]))

    return note
