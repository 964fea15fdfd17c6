"""What every network gives."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from clmil.nn.losses import CellLoss, cross_entropy, label_loss
from clmil.nn.pooling import at_least_single


class HeadLogits(NamedTuple):
    """The (B, l) logits of a CL-MIL network's classifiers, in the order of their losses.

    Attributes:
        cil: of CIL or of the plain classifier, if one is on.
        fil: of FIL, if it is on.
    """

    cil: Tensor | None
    fil: Tensor | None


@dataclass(frozen=True)
class LabelTerm:
    """A classifier of the labels, as the loss sees it.

    Attributes:
        logits: (B, l).
        weight: of its `label_loss` in the loss.
        reduction: of that.
        cell_loss: of that.
    """

    logits: Tensor
    weight: float
    reduction: str
    cell_loss: CellLoss = cross_entropy


@dataclass
class LabelOutput:
    """Probabilities, and the loss where targets are given.

    Attributes:
        loss: scalar (only with targets).
        probabilities: (B, l), at least fp32.
        parts: (P,) the unweighted losses, that of the labels first (only with targets).
        terms: the classifiers whose losses add to `loss` (only with targets).
    """

    loss: Tensor | None = None
    probabilities: Tensor | None = None
    parts: Tensor | None = None
    terms: tuple[LabelTerm, ...] = ()

    def __getitem__(self, name: str) -> Tensor:
        """Return a part that is there by its name, as transformers' Trainer asks for it."""
        part: Tensor = getattr(self, name)
        return part


@dataclass
class ClMilOutput(LabelOutput):
    """What a CL-MIL network gives.

    Attributes:
        loss: scalar, equation 13 (only with targets).
        probabilities: (B, l) fp32, gamma p_FIL + (1 - gamma) p_CIL.
        parts: (3,) fp32, the unweighted losses of CIL (or the plain classifier), FIL and
            CLRL; zero for a part that is off. (4,) in training with R-Drop, its loss the last.
        fil: (B, l) fp32 probabilities of FIL alone, if it is on.
        cil: (B, l) fp32 probabilities of CIL or of the plain classifier, if one is on.
    """

    fil: Tensor | None = None
    cil: Tensor | None = None


def label_output(
    logits: Tensor,
    targets: Tensor | None,
    *,
    reduction: str,
    extra: Tensor | None = None,
    weight: float = 1.0,
) -> LabelOutput:
    """Turn logits into probabilities, and add up the losses.

    Args:
        logits: (B, l).
        targets: (B, l) int8, 1 relevant, 0 not, -1 unknown (masked exactly).
        reduction: of binary cross-entropy, as `label_loss` takes it.
        extra: scalar, the loss of a second task.
        weight: of `extra`.
    """
    output = LabelOutput(probabilities=at_least_single(logits).sigmoid())
    if targets is not None:
        main = label_loss(logits, targets, reduction=reduction)
        output.loss = main if extra is None else main + weight * extra
        parts = [main] if extra is None else [main, extra]
        output.parts = torch.stack(parts).detach()
        output.terms = (LabelTerm(logits, 1.0, reduction),)
    return output
