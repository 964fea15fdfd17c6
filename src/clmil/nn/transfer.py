"""Weights of a trained network as the start of another, label by label.

What is one row (or column) a label takes the rows of the labels that both know; the rows of
new labels stay as the new network was initialised. All else is taken as a whole and must have
the same name and shape in both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from clmil.errors import ModelError
from clmil.nn.network import Network

ONE_A_LABEL = {
    "label_table.weight": (0,),
    "fil.conv.weight": (0, 1),
    "fil.conv.bias": (0,),
    "fil_head.linear.weight": (0,),
    "fil_head.linear.bias": (0,),
    "fil_head.skip.weight": (0,),
    "cil_head.linear.weight": (0,),
    "cil_head.linear.bias": (0,),
    "cil_head.skip.weight": (0,),
    "plain_head.linear.weight": (0,),
    "plain_head.linear.bias": (0,),
    "own_head.attention.conv.weight": (0, 1),
    "own_head.attention.conv.bias": (0,),
    "own_head.output.linear.weight": (0,),
    "own_head.output.linear.bias": (0,),
    "own_head.output.skip.weight": (0,),
}
"""Parameters of a `Network` with axes of one entry a label. A 2-D convolution of FIL has (0,)
alone: its second axis is the one channel of the map."""

OF_THE_DATA = ("label_order", "strong", "balance.counts")
"""Buffers that come from the new corpus, not from the old network."""


@dataclass(frozen=True, kw_only=True)
class TransferReport:
    """What became of the labels.

    Attributes:
        kept: labels whose rows were taken, in the new order.
        fresh: labels of the new network that the old one did not know.
        dropped: labels of the old network that the new one has not.
    """

    kept: tuple[str, ...]
    fresh: tuple[str, ...]
    dropped: tuple[str, ...]


def label_axes(network: nn.Module) -> Mapping[str, tuple[int, ...]] | None:
    """Return which axes of a network's parameters have one entry a label; None: it is not known.

    A network that is no `Network` says so in an attribute `one_a_label`.
    """
    if isinstance(network, Network):
        return ONE_A_LABEL
    axes: Mapping[str, tuple[int, ...]] | None = getattr(network, "one_a_label", None)
    return axes


def transfer(
    old: nn.Module, old_names: tuple[str, ...], new: nn.Module, new_names: tuple[str, ...]
) -> TransferReport:
    """Copy the weights of a network into a newly built one, in place.

    Args:
        old: a trained network; it is left as it is.
        old_names: (l_old,) its labels, in the order of its columns.
        new: the network to start, on the labels of the new corpus; `label_axes` knows it.
        new_names: (l_new,) its labels.

    Raises:
        ModelError: if the networks differ in more than their labels, or share no label; then
            nothing was copied.
    """
    known = {name: place for place, name in enumerate(old_names)}
    kept = [place for place, name in enumerate(new_names) if name in known]
    if not kept:
        raise ModelError(
            "the model to start from and the data share no label; give a model of the same "
            "labels, or train afresh."
        )
    rows = torch.tensor(kept), torch.tensor([known[new_names[place]] for place in kept])
    source, target = _weights(old), _weights(new)
    if isinstance(old, Network) and isinstance(new, Network):
        _check_encoders(old, new)
    known_axes = label_axes(new) or {}
    axes = {name: _axes(known_axes.get(name, ()), values) for name, values in target.items()}
    _check_alike(source, target, axes, (len(old_names), len(new_names)))
    with torch.no_grad():
        for name, values in target.items():
            values.copy_(_merged(axes[name], source[name].to(values), values, rows))
    here = set(new_names)
    return TransferReport(
        kept=tuple(new_names[place] for place in kept),
        fresh=tuple(name for name in new_names if name not in known),
        dropped=tuple(name for name in old_names if name not in here),
    )


def _weights(network: nn.Module) -> dict[str, Tensor]:
    """Return parameters and buffers by name, less those of the data."""
    named: dict[str, Any] = network.state_dict()
    return {name: values for name, values in named.items() if name not in OF_THE_DATA}


def _check_encoders(old: Network, new: Network) -> None:
    """Compare architectures alone: the same shapes may still be another kind of encoder."""
    first, second = (network.encoder.config.model_type for network in (old, new))
    sizes = [tuple(network.encoder.get_input_embeddings().weight.shape) for network in (old, new)]
    if first != second or sizes[0] != sizes[1]:
        raise ModelError(
            f"the model to start from has another encoder ({first}, vocabulary and width "
            f"{sizes[0]}) than the recipe ({second}, {sizes[1]}); name no other encoder "
            "and recipe than the model's own."
        )


def _check_alike(
    source: dict[str, Tensor],
    target: dict[str, Tensor],
    axes: dict[str, tuple[int, ...]],
    labels: tuple[int, int],
) -> None:
    lacking = sorted(source.keys() ^ target.keys())
    if lacking:
        raise ModelError(
            "the model to start from and the recipe do not have the same parts (the weights "
            f"{lacking[0]!r} are in one alone); leave the recipe to be the model's own."
        )
    for name, values in target.items():
        own = axes[name]
        wanted = [labels[0] if axis in own else size for axis, size in enumerate(values.shape)]
        if list(source[name].shape) != wanted:
            raise ModelError(
                f"the weights {name!r} of the model to start from have the shape "
                f"{tuple(source[name].shape)}, not {tuple(wanted)}; leave the recipe to be "
                "the model's own."
            )


def _axes(axes: tuple[int, ...], values: Tensor) -> tuple[int, ...]:
    return axes[:1] if values.dim() == 4 else axes  # a 2-D convolution


def _merged(axes: tuple[int, ...], old: Tensor, new: Tensor, rows: tuple[Tensor, Tensor]) -> Tensor:
    """Return new values with the old ones where both axes belong to kept labels."""
    if not axes:
        return old
    mine, theirs = (place.to(new.device) for place in rows)
    merged = new.clone()
    if len(axes) == 1:
        merged[mine] = old[theirs]
    else:
        merged[mine[:, None], mine] = old[theirs[:, None], theirs]
    return merged
