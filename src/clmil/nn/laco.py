"""LACO's classifier over the joint encoder's states (Zhang et al. 2021)."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from clmil.nn.cooccurrence import ConditionalTask, PairTask
from clmil.nn.fil import FineGrainedInteraction
from clmil.nn.heads import ClassifierHead
from clmil.nn.laco_settings import LacoSettings
from clmil.nn.outputs import LabelOutput, label_output
from clmil.nn.represented import Represented
from clmil.nn.settings import ClassifierSettings, FilSettings

TASK_WEIGHTS = {"none": 0.0, "pairs": 1.0, "conditional": 5.0}
"""Weights of the second tasks in LACO's code."""


class SameConv1d(nn.Conv1d):
    """Keeps the length. torch's own `same` padding warns of even kernels, as LACO's is."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  (torch's name)
        """Convolve (B, c, D) to (B, c', D)."""
        return super().forward(functional.pad(input, _around(self.kernel_size[0])))


class SameConv2d(nn.Conv2d):
    """The same over a map."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  (torch's name)
        """Convolve (B, c, D, l) to (B, c', D, l)."""
        return super().forward(functional.pad(input, 2 * _around(self.kernel_size[0])))


def _around(kernel: int) -> tuple[int, ...]:
    """Return the padding before and after; an even kernel reaches further after."""
    return (kernel - 1) // 2, kernel // 2


class LacoHead(nn.Module):
    """Cross attention, a linear classifier, and a second task that only training sees.

    The cross attention is FIL's with a sum over words: cosines M, w = tanh(max over labels
    and filters of ReLU(conv(M))), c = sum w_i d_i of unit word states d. The public code lets
    padding take part and never trains this head; here padding is masked and all is trained.
    The classifier may see c at unit scale and the pooled text beside it (`ClassifierSettings`).
    """

    def __init__(
        self, settings: LacoSettings, classifier: ClassifierSettings, hidden: int, labels: int
    ) -> None:
        """Build the head for an encoder of the width h and l labels."""
        super().__init__()
        self.settings = settings
        weight = settings.task_weight
        self.task_weight = TASK_WEIGHTS[settings.task] if weight is None else weight
        self.attention = FineGrainedInteraction(
            FilSettings(conv=settings.conv, kernel=settings.kernel, pooling="sum"), labels
        )
        kind, channels = (SameConv2d, 1) if settings.conv == "conv2d" else (SameConv1d, labels)
        # With an even kernel, as is usual here, torch's own `same` padding warns.
        self.attention.conv = kind(channels, labels, settings.kernel)
        self.output = ClassifierHead(hidden, hidden, labels, classifier)
        self.task: PairTask | ConditionalTask | None = None
        if settings.task == "pairs":
            self.task = PairTask(hidden, negatives=settings.negatives, dropout=classifier.dropout)
        elif settings.task == "conditional":
            self.task = ConditionalTask(hidden, given=settings.given)

    def forward(self, seen: Represented, targets: Tensor | None = None) -> LabelOutput:
        """Predict, and compute the loss and its parts where targets are given.

        Args:
            seen: states of words and labels.
            targets: (B, l) int8, 1 relevant, 0 not, -1 unknown.
        """
        assert seen.labels is not None
        features = self.attention(seen.words, seen.labels, seen.mask).features
        return label_output(
            self.output(features, seen.pooled),
            targets,
            reduction=self.settings.reduction,
            extra=self.task_loss(seen.labels, targets),
            weight=self.task_weight,
        )

    def task_loss(self, labels: Tensor, targets: Tensor | None) -> Tensor | None:
        """Return the second task's loss, a scalar; 0 outside training, nothing where it is off."""
        if self.task is None or targets is None:
            return None
        if not self.training:
            return labels.new_zeros((), dtype=torch.float32)
        loss: Tensor = self.task(labels, self.task.draw(targets))
        return loss
