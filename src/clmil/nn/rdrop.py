"""R-Drop (Liang et al. 2021): one pass over a batch laid twice, under different dropout."""

import torch
from torch import Tensor

from clmil.nn.losses import over_known
from clmil.nn.outputs import HeadLogits
from clmil.nn.pooling import at_least_single
from clmil.nn.settings import LossSettings


def twice(values: Tensor) -> Tensor:
    """Lay each row twice, (B, ...) to (2B, ...), its copies beside each other.

    Documents of one length thereby stay neighbours, which packed attention takes together.
    """
    return values.repeat_interleave(2, dim=0)


def twice_rows(rows: Tensor) -> Tensor:
    """Return where the copies of documents stand in targets laid twice, (B,) to (2B,); -1 stays."""
    first = 2 * rows
    return torch.stack([first, first + 1], dim=1).masked_fill((rows < 0)[:, None], -1).flatten()


def divergence(logits: Tensor) -> Tensor:
    """Return the symmetric divergence of two predictions of each label.

    Of Bernoulli distributions p and q, (KL(p || q) + KL(q || p)) / 2 is
    (p - q)(logit p - logit q) / 2, which holds for extreme logits too.

    Args:
        logits: (2B, l), copies beside each other.

    Returns:
        (B, l), at least fp32.
    """
    first, second = at_least_single(logits[::2]), at_least_single(logits[1::2])
    return (first.sigmoid() - second.sigmoid()) * (first - second) / 2


def rdrop_loss(
    logits: HeadLogits,
    targets: Tensor,
    settings: LossSettings,
    *,
    batch: Tensor | None = None,
) -> Tensor:
    """Add up the divergences of the heads, each with its weight in equation 13.

    Args:
        logits: (2B, l) of each head, copies beside each other.
        targets: (B, l); cells that are unknown, -1, do not count.
        settings: weights of the heads, and the reduction.
        batch: (G, l) targets of the whole batch, as `over_known` takes it.
    """
    heads = zip(logits, (settings.alpha, settings.beta), strict=True)
    parts = [
        weight * over_known(divergence(one), targets, reduction=settings.reduction, batch=batch)
        for one, weight in heads
        if one is not None
    ]
    return torch.stack(parts).sum()
