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
from clmil.nn.padded_encoder import PaddedEncoder, attend_padded
from clmil.nn.pooling import masked_max


class PaddedNetwork(nn.Module):
    """Logits of a network, for tracing.

    Args:
        network: in eval mode, over a transformers encoder. It is taken over: from now on it
            runs its encoder and CIL over padded documents.
    """

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        if network.settings.labels.apart and network.packed:
            with torch.no_grad():
                network.kept = network.encode_labels()
            network.encoder = PaddedEncoder(network.encoder)
        else:
            network.encoder.set_attn_implementation("eager")  # plain operations
        network.packed = False
        if network.settings.cil.enabled:
            network.set_submodule("cil", PaddedCil(network.cil))

    def forward(self, text_ids: Tensor, lengths: Tensor) -> Tensor:
        """Return the (B, l) logits of the mixed probabilities.

        Args:
            text_ids: (B, D) int64 word pieces without special tokens; (B, K, w) of a network that
                reads several windows, cut by `clmil.nn.windows.cut`.
            lengths: (B,) int64.
        """
        network = self.network
        read = network.represented_windows if network.windowed else network.represented
        logits = network.logits(read(text_ids, lengths))
        return mixed_logits(logits.fil, logits.cil, network.settings.classifier.gamma)


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
    outward: Tensor = attention.outward(attend_padded(query, key, value, mask))
    return outward
