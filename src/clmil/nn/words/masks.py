"""Sums over the words of a padded batch alone."""

import torch
from torch import Tensor

from clmil.nn.pooling import at_least_single


def masked_softmax(scores: Tensor, mask: Tensor) -> Tensor:
    """Return the softmax along the last axis over unmasked positions.

    Args:
        scores: (..., D).
        mask: bool, broadcastable to `scores`; masked positions get weight 0.

    Returns:
        Weights that sum to 1, or to 0 where no position is left.
    """
    hidden = at_least_single(scores).masked_fill(~mask, float("-inf"))
    # A row without words would be 0 / 0; its finite stand-in is masked below.
    safe = torch.where(mask.any(dim=-1, keepdim=True), hidden, torch.zeros_like(hidden))
    return safe.softmax(dim=-1).masked_fill(~mask, 0.0)
