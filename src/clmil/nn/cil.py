"""Coarse-grained interactive learning (CIL), equations 6 and 7."""

import torch
from torch import Tensor, nn

from clmil.nn.dropout import Dropout
from clmil.nn.gapped import Gapped, gapped_attention, shifted_copies
from clmil.nn.precision import as_computed
from clmil.nn.settings import CilSettings


class SameConv(nn.Module):
    """A dilated convolution over positions that keeps their number.

    Written as one matrix product over shifted copies, which on a CPU is faster than
    `Conv1d` on channels-last states and the same function (`tests/nn/test_cil.py`).
    """

    def __init__(self, inputs: int, outputs: int, *, kernel: int, dilation: int = 1) -> None:
        super().__init__()
        self.kernel, self.dilation = kernel, dilation
        self.linear = nn.Linear(kernel * inputs, outputs)
        bound = (6.0 / (kernel * (inputs + outputs))) ** 0.5  # Glorot uniform, as in Keras
        nn.init.uniform_(self.linear.weight, -bound, bound)
        nn.init.zeros_(self.linear.bias)

    def forward(self, states: Tensor, blank: Tensor | None = None) -> Tensor:
        """Map (M, inputs) to (M, outputs); rows named in `blank` are read as zero."""
        copies = shifted_copies(states, kernel=self.kernel, dilation=self.dilation, blank=blank)
        convolved: Tensor = self.linear(copies)
        return convolved


class GatedConv(nn.Module):
    """One gated dilated convolution, equation 6: H (1 - sigma) + Conv1D_1(H) sigma.

    Dropout takes away what the convolution says to the gate and leaves the gate's bias, so that a
    gate that begins nearly shut is not half open wherever dropout strikes.
    """

    def __init__(self, width: int, dilation: int, settings: CilSettings) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width) if settings.normalise else nn.Identity()
        self.conv = SameConv(width, 2 * width, kernel=settings.kernel, dilation=dilation)
        self.dropout = Dropout(settings.gate_dropout)
        with torch.no_grad():
            self.conv.linear.bias[width:] = settings.gate_bias

    def forward(self, states: Tensor, blank: Tensor | None = None) -> Tensor:
        """Map (M, w) to (M, w); rows named in `blank` lie between documents."""
        value, gate = self.conv(self.norm(states), blank).chunk(2, dim=-1)
        if self.training:
            bias = self.conv.linear.bias[value.shape[-1] :].to(gate.dtype)
            gate = self.dropout(gate - bias) + bias
        mixed: Tensor = torch.lerp(states, value, gate.sigmoid())
        return mixed


class CoarseGrainedInteraction(nn.Module):
    """The stack of gated convolutions, self-attention beside it, and a fusing convolution.

    All documents of a batch stand in one long sequence, with as many blank rows between
    them as a convolution reaches: nothing is computed for padding.
    """

    def __init__(self, settings: CilSettings, hidden: int) -> None:
        super().__init__()
        self.settings = settings
        self.width = settings.width or hidden
        self.project = nn.Linear(hidden, self.width) if self.width != hidden else nn.Identity()
        self.layers = nn.ModuleList(
            GatedConv(self.width, dilation, settings) for dilation in settings.dilations
        )
        self.attention = SelfAttention(self.width, settings.heads)
        self.fuse = SameConv(2 * self.width, self.width, kernel=settings.kernel)
        reach = max((1, *settings.dilations)) * (settings.kernel - 1)
        self.gap = reach - reach // 2

    def forward(self, words: Tensor, mask: Tensor) -> Tensor:
        """Compute H_CIL, (B, w), from H_(0), (B, D, h), and the (B, D) bool word mask."""
        gapped = Gapped.of(mask, self.gap)
        states = gapped.place(as_computed(self.project(gapped.take(words))))
        for layer in self.layers:
            states = layer(states, gapped.blank)
        attended = self.attention(states, gapped)
        fused = self.fuse(torch.cat([attended, states], dim=-1), gapped.blank)
        return gapped.maximum(fused.relu() if self.settings.fusion_relu else fused)


class SelfAttention(nn.Module):
    """Multi-head self-attention over words, with biases and an output projection."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"cil.heads is {heads}, which does not divide the width {width}")
        self.heads = heads
        self.inward = nn.Linear(width, 3 * width)
        self.outward = nn.Linear(width, width)
        for linear in (self.inward, self.outward):
            nn.init.xavier_uniform_(linear.weight)
            nn.init.zeros_(linear.bias)

    def forward(self, states: Tensor, gapped: Gapped) -> Tensor:
        """Map (M, w) to (M, w), attending within each document."""
        outward: Tensor = self.outward(gapped_attention(self.inward(states), gapped, self.heads))
        return outward
