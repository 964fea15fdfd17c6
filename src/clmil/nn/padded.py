"""A CL-MIL network over padded batches: fixed operations that a graph can hold.

`clmil.nn.network` leaves padding out, which takes shapes that depend on the documents. Here
every document is as long as the longest, and masks keep the padding out. It is the same function
with the same weights (`tests/nn/test_padded.py`).
"""

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from clmil.nn.cil import CoarseGrainedInteraction, SameConv, SelfAttention
from clmil.nn.network import Network
from clmil.nn.pooling import masked_max

HIDDEN = -1e9
"""What attention scores of padding are lowered by."""


class PaddedNetwork(nn.Module):
    """Logits of a network, for tracing.

    Args:
        network: in eval mode, over a transformers encoder. It is taken over: from now on it
            runs its encoder and CIL over padded documents.
    """

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        network.packed = False
        if network.settings.cil.enabled:
            network.set_submodule("cil", PaddedCil(network.cil))
        network.encoder.set_attn_implementation("eager")  # plain operations

    def forward(self, text_ids: Tensor, lengths: Tensor) -> Tensor:
        """Return the (B, l) logits of the mixed probabilities.

        Args:
            text_ids: (B, D) int64 word pieces without special tokens.
            lengths: (B,) int64.
        """
        network = self.network
        cil, fil = network.logits(network.represented(text_ids, lengths))
        return mixed_logits(fil, cil, network.settings.classifier.gamma)


class PaddedCil(nn.Module):
    """CIL with the weights of another, over padded documents."""

    def __init__(self, cil: CoarseGrainedInteraction) -> None:
        super().__init__()
        self.cil = cil

    def forward(self, words: Tensor, mask: Tensor) -> Tensor:
        """Compute H_CIL, (B, w), from H_(0), (B, D, h), and the (B, D) bool word mask."""
        return interact(self.cil, words, mask)


def mixed_logits(fil: Tensor | None, cil: Tensor | None, gamma: float) -> Tensor:
    """Return the logits of gamma p_FIL + (1 - gamma) p_CIL (section 3.3.3), exact near 0 and 1.

    Args:
        fil: (B, l) logits of FIL, if it is there.
        cil: (B, l) logits of CIL, if it is there.
        gamma: share of FIL.
    """
    if fil is None or (cil is not None and gamma == 0):
        assert cil is not None
        return cil
    if cil is None or gamma == 1:
        return fil
    shares = math.log(gamma), math.log1p(-gamma)
    return _log_mixture(fil, cil, shares) - _log_mixture(-fil, -cil, shares)


def _log_mixture(fil: Tensor, cil: Tensor, shares: tuple[float, float]) -> Tensor:
    first, second = _log_sigmoid(fil) + shares[0], _log_sigmoid(cil) + shares[1]
    return torch.maximum(first, second) + (-(first - second).abs()).exp().log1p()


def _log_sigmoid(logits: Tensor) -> Tensor:
    """Spell out log sigmoid: runtimes take the log of a sigmoid that is coarse near 0."""
    return logits.clamp(max=0.0) - (-logits.abs()).exp().log1p()


def interact(cil: CoarseGrainedInteraction, words: Tensor, mask: Tensor) -> Tensor:
    """Compute H_CIL, (B, w), from H_(0), (B, D, h), and the (B, D) bool word mask."""
    states = cil.project(words)
    layers: Iterable[Any] = cil.layers
    for layer in layers:
        value, gate = _convolve(layer.conv, layer.norm(states), mask).chunk(2, dim=-1)
        states = states + (value - states) * gate.sigmoid()
    attended = _attend(cil.attention, states, mask)
    fused = _convolve(cil.fuse, torch.cat([attended, states], dim=-1), mask)
    return masked_max(fused.relu() if cil.settings.fusion_relu else fused, mask)


def _convolve(conv: SameConv, states: Tensor, mask: Tensor) -> Tensor:
    """Map (B, D, inputs) to (B, D, outputs); padding is read as zero."""
    reach, length = conv.dilation * (conv.kernel - 1), states.shape[1]
    seen = states * mask[..., None].to(states.dtype)
    bordered = functional.pad(seen, (0, 0, reach // 2, reach - reach // 2))
    taps = [bordered[:, at : at + length] for at in range(0, reach + 1, conv.dilation)]
    convolved: Tensor = conv.linear(torch.cat(taps, dim=-1))
    return convolved


def _attend(attention: SelfAttention, states: Tensor, mask: Tensor) -> Tensor:
    """Map (B, D, w) to (B, D, w), attending within each document."""
    batch, length, width = states.shape
    shape = (batch, length, attention.heads, width // attention.heads)
    query, key, value = (
        part.view(shape).transpose(1, 2) for part in attention.inward(states).chunk(3, dim=-1)
    )
    # Spelled out: PyTorch's own call guards against rows without words at every score, whose
    # output nobody takes here.
    hidden = (~mask).to(states.dtype)[:, None, None, :] * HIDDEN
    weights = torch.softmax(query @ key.transpose(2, 3) * query.shape[-1] ** -0.5 + hidden, dim=-1)
    attended = weights @ value
    outward: Tensor = attention.outward(attended.transpose(1, 2).reshape(batch, length, width))
    return outward
