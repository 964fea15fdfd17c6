"""LACO's second tasks (Zhang et al. 2021): which labels occur together in a document.

Unlike the public code, pairs are drawn anew at every step and in either order, the outputs
carry no ReLU, and a document with one label takes part.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from clmil.nn.clrl import LabelPairs
from clmil.nn.dropout import Dropout
from clmil.nn.losses import relation_loss

APART, TOGETHER, UNUSED = 0, 1, -1


class Conditions(NamedTuple):
    """What the conditional task asks of each document.

    Attributes:
        given: (B, l) bool, the labels that are told.
        classes: (B, l) int64, 1 relevant too, 0 not, -1 told or unknown.
    """

    given: Tensor
    classes: Tensor


def draw_pairs(targets: Tensor, negatives: float = 2.0) -> LabelPairs:
    """Draw a label pair of each document, its two labels in random order (PLCP).

    The candidates are all C pairs of relevant labels, and `negatives` times C draws of a
    relevant and an irrelevant label, of which those drawn twice count once; one candidate is
    chosen uniformly. A document with a single label draws one such pair; one without a
    relevant label or without any candidate yields none.

    Args:
        targets: (B, l), 1 relevant, 0 not, -1 unknown (in no pair).
        negatives: draws of a pair that is apart for each pair that is together.

    Returns:
        The pairs, whose `relation` is 1 for labels of the document and 0 otherwise.
    """
    drawn = []
    for row, labels in enumerate(targets.cpu()):
        relevant, other = (labels == 1).nonzero()[:, 0], (labels == 0).nonzero()[:, 0]
        together = torch.combinations(relevant)
        draws = max(round(negatives * len(together)), int(len(relevant) == 1))
        cells = len(relevant) * len(other)
        apart = sorted(set(torch.randint(max(cells, 1), (draws if cells else 0,)).tolist()))
        count = len(together) + len(apart)
        if not count:
            continue
        place = int(torch.randint(count, ()))
        if place < len(together):
            first, second = together[place].tolist()
        else:
            cell = apart[place - len(together)]
            first, second = int(relevant[cell // len(other)]), int(other[cell % len(other)])
        if torch.rand(()) < 0.5:  # the order must not tell the answer
            first, second = second, first
        drawn.append((row, first, second, int(place < len(together))))
    columns = torch.tensor(drawn, dtype=torch.int64).reshape(-1, 4)
    return LabelPairs(*columns.to(targets.device).unbind(dim=1))


def draw_conditions(targets: Tensor, given: int = 1) -> Conditions:
    """Tell up to `given` of each document's relevant labels and ask for the others (CLCP).

    Args:
        targets: (B, l), 1 relevant, 0 not, -1 unknown (not asked for). A document without a
            relevant label is asked nothing.
        given: labels that are told; all of them where there are fewer.
    """
    relevant = targets == 1
    order = torch.rand(targets.shape, device=targets.device).masked_fill(~relevant, -1.0)
    best = order.topk(min(given, targets.shape[1]), dim=1)
    told = torch.zeros_like(relevant).scatter(1, best.indices, best.values >= 0)
    silent = told | ~relevant.any(dim=1, keepdim=True)
    return Conditions(told, targets.long().masked_fill(silent, UNUSED))


class PairTask(nn.Module):
    """Pairwise co-occurrence: a linear classifier of two labels' states, side by side."""

    def __init__(self, hidden: int, *, negatives: float, dropout: float) -> None:
        super().__init__()
        self.negatives = negatives
        self.dropout = Dropout(dropout)
        self.classify = nn.Linear(2 * hidden, 2)

    def draw(self, targets: Tensor) -> LabelPairs:
        """Draw the pairs of one step; see `draw_pairs`."""
        return draw_pairs(targets, self.negatives)

    def forward(self, labels: Tensor, pairs: LabelPairs) -> Tensor:
        """Return the mean cross-entropy over pairs, a scalar, of label states (B, l, h)."""
        first = labels[pairs.document, pairs.first]
        second = labels[pairs.document, pairs.second]
        logits = self.classify(self.dropout(torch.cat([first, second], dim=-1)))
        return relation_loss(logits, pairs.relation)


class ConditionalTask(nn.Module):
    """Conditional co-occurrence: is a label relevant too, when others are told?"""

    def __init__(self, hidden: int, *, given: int) -> None:
        super().__init__()
        self.given = given
        self.told = nn.Sequential(nn.Linear(hidden, hidden), nn.GELU(), nn.LayerNorm(hidden))
        self.asked = nn.Sequential(nn.Linear(hidden, hidden), nn.GELU(), nn.LayerNorm(hidden))
        self.classify = nn.Linear(2 * hidden, 2)

    def draw(self, targets: Tensor) -> Conditions:
        """Draw what is told and asked in one step; see `draw_conditions`."""
        return draw_conditions(targets, self.given)

    def forward(self, labels: Tensor, conditions: Conditions) -> Tensor:
        """Return the mean cross-entropy over asked labels, a scalar, of states (B, l, h)."""
        weights = functional.normalize(conditions.given.to(labels.dtype), p=1.0, dim=1)
        told = (weights[..., None] * self.told(labels)).sum(dim=1, keepdim=True)
        asked = self.asked(labels)
        logits = self.classify(torch.cat([asked, told.expand_as(asked)], dim=-1))
        usable = conditions.classes != UNUSED
        return relation_loss(logits[usable], conditions.classes[usable])
