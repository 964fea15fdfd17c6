"""Dropout with masks that are cheap to draw on a CPU."""

import torch
from torch import Tensor, nn

LEVELS = 256
"""A mask compares one random byte an element, so its rate is a multiple of 1 / 256."""


def keep_mask(like: Tensor, rate: float) -> Tensor:
    """Draw a mask of zeros and 1 / (1 - rate), of the shape, device and dtype of `like`.

    On a CPU an element costs one byte of torch's generator instead of a Bernoulli draw,
    which takes a fifth of the time; the rate is then rounded to a multiple of 1 / 256 and
    the scale follows the rounded rate, so that the expectation is exact.
    """
    if like.device.type != "cpu":
        return torch.empty_like(like).bernoulli_(1.0 - rate).div_(1.0 - rate)
    dropped = min(max(round(rate * LEVELS), 1), LEVELS - 1)
    words = torch.empty(-(-like.numel() // 8), dtype=torch.int64).random_(-(2**63), None)
    kept = words.view(torch.uint8)[: like.numel()].view(like.shape) >= dropped
    return kept.to(like.dtype).mul_(LEVELS / (LEVELS - dropped))


def dropped(states: Tensor, rate: float, *, training: bool) -> Tensor:
    """Zero elements at the given rate and scale up the rest; the identity unless training."""
    return states * keep_mask(states, rate) if training and rate else states


def add_dropped(residual: Tensor, states: Tensor, rate: float, *, training: bool) -> Tensor:
    """Return `residual + dropout(states)` in one pass."""
    if not (training and rate):
        return residual + states
    return torch.addcmul(residual, states, keep_mask(states, rate))


class Dropout(nn.Dropout):
    """`torch.nn.Dropout` with masks from `keep_mask`."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  (torch's name)
        """Drop elements of a tensor of any shape."""
        return dropped(input, self.p, training=self.training)
