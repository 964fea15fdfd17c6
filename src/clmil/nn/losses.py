"""The losses of the multi-task stage, equations 8 and 12, and that of a teacher's probabilities."""

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional

CellLoss = Callable[[Tensor, Tensor], Tensor]
"""From logits, (B, l) fp32, and targets, (B, l), to (B, l) losses, of unknown cells any."""


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Return the binary cross-entropy of each cell, (B, l)."""
    return functional.binary_cross_entropy_with_logits(
        logits, targets.clamp(min=0).float(), reduction="none"
    )


def label_loss(
    logits: Tensor,
    targets: Tensor,
    *,
    reduction: str,
    batch: Tensor | None = None,
    cell_loss: CellLoss = cross_entropy,
) -> Tensor:
    """Binary cross-entropy, or another loss, over the known cells, equation 8.

    Args:
        logits: (B, l).
        targets: (B, l), 1 relevant, 0 not, -1 unknown (masked exactly).
        reduction: as `over_known` takes it.
        batch: likewise.
        cell_loss: of one cell.
    """
    terms = cell_loss(logits.float(), targets)
    return over_known(terms, targets, reduction=reduction, batch=batch)


def over_known(
    terms: Tensor, targets: Tensor, *, reduction: str, batch: Tensor | None = None
) -> Tensor:
    """Bring what each cell costs to a scalar, over the known cells.

    Args:
        terms: (B, l).
        targets: (B, l), 1 relevant, 0 not, -1 unknown (masked exactly).
        reduction: `mean` over known cells (Keras), or `sum_labels`: the sum over a
            document's labels, averaged over documents with a known cell (LACO).
        batch: (G, l) targets of the whole batch, if `targets` are the share of one process: the
            sum is divided by what the whole batch counts, so that shares add up to its loss.
    """
    known = targets >= 0
    counted = known if batch is None else batch >= 0
    return _reduced(terms, known, counted, reduction)


def soft_label_loss(
    logits: Tensor,
    soft: Tensor,
    *,
    temperature: float,
    reduction: str,
    batch: Tensor | None = None,
) -> Tensor:
    """Binary cross-entropy to a teacher's probabilities (Hinton et al. 2015, one label a logit).

    T^2 BCE(sigmoid(z / T), sigmoid(v / T)) for the logits z of the student and v of the teacher;
    the factor keeps the size of the gradient whatever T is.

    Args:
        logits: (B, l).
        soft: (B, l) logits of the teacher, NaN where it knows nothing (masked exactly).
        temperature: T.
        reduction: as for `label_loss`, over the cells that the teacher knows.
        batch: (G, l) the teacher's logits of the whole batch, if `soft` are a share of it.
    """
    known = ~soft.isnan()
    counted = known if batch is None else ~batch.isnan()
    wanted = (soft.masked_fill(~known, 0.0).float() / temperature).sigmoid()
    terms = functional.binary_cross_entropy_with_logits(
        logits.float() / temperature, wanted, reduction="none"
    )
    return temperature**2 * _reduced(terms, known, counted, reduction)


def _reduced(terms: Tensor, known: Tensor, counted: Tensor, reduction: str) -> Tensor:
    """Sum what `known` cells cost and divide by what `counted` cells amount to."""
    count = counted.sum() if reduction == "mean" else counted.any(dim=1).sum()
    return terms.masked_fill(~known, 0.0).sum() / count.clamp(min=1)


def relation_loss(logits: Tensor, relation: Tensor, pairs: int | None = None) -> Tensor:
    """Categorical cross-entropy over label pairs, equation 12: (P, 3) and (P,) to a scalar.

    The sum is divided by `pairs`, those of the whole batch if these are a share of it, or by P.
    """
    if not len(relation):
        return logits.float().sum()
    total = functional.cross_entropy(logits.float(), relation, reduction="sum")
    return total / (pairs or len(relation))
