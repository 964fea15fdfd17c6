"""Coarse-grained interactive learning (CIL), equations 6 and 7."""

import torch
from torch import Tensor, nn

from clmil.nn.pooling import masked_max
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

    def forward(self, states: Tensor) -> Tensor:
        """Map (B, D, inputs), zero on padding, to (B, D, outputs)."""
        length, reach = states.shape[1], self.dilation * (self.kernel - 1)
        padded = nn.functional.pad(states, (0, 0, reach // 2, reach - reach // 2))
        shifts = [padded[:, start : start + length] for start in range(0, reach + 1, self.dilation)]
        convolved: Tensor = self.linear(torch.cat(shifts, dim=-1))
        return convolved


class GatedConv(nn.Module):
    """One gated dilated convolution, equation 6: H (1 - sigma) + Conv1D_1(H) sigma."""

    def __init__(self, width: int, dilation: int, settings: CilSettings) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width) if settings.normalise else nn.Identity()
        self.conv = SameConv(width, 2 * width, kernel=settings.kernel, dilation=dilation)
        self.dropout = nn.Dropout(settings.gate_dropout)
        with torch.no_grad():
            self.conv.linear.bias[width:] = settings.gate_bias

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Map (B, D, w) to (B, D, w); `mask` is (B, D, 1) bool."""
        seen = self.norm(states).masked_fill(~mask, 0.0)
        value, gate = self.conv(seen).chunk(2, dim=-1)
        sigma = self.dropout(gate).sigmoid()
        mixed: Tensor = states + sigma * (value - states)
        return mixed.masked_fill(~mask, 0.0)


class CoarseGrainedInteraction(nn.Module):
    """The stack of gated convolutions, self-attention beside it, and a fusing convolution."""

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

    def forward(self, words: Tensor, mask: Tensor) -> Tensor:
        """Compute H_CIL, (B, w), from H_(0), (B, D, h), and the (B, D) bool word mask."""
        column = mask[..., None]
        states = self.project(words).masked_fill(~column, 0.0)
        for layer in self.layers:
            states = layer(states, column)
        attended = self.attention(states, mask).masked_fill(~column, 0.0)
        fused = self.fuse(torch.cat([attended, states], dim=-1))
        if self.settings.fusion_relu:
            fused = fused.relu()
        return masked_max(fused, mask)


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

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Map (B, D, w) to (B, D, w), attending to real words only."""
        batch, length, width = states.shape
        split = self.inward(states).view(batch, length, 3, self.heads, width // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        # A text without words would attend to nothing; its output is masked afterwards.
        visible = (mask | ~mask.any(dim=1, keepdim=True))[:, None, None, :]
        attended = nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=visible)
        outward: Tensor = self.outward(attended.transpose(1, 2).reshape(batch, length, width))
        return outward
