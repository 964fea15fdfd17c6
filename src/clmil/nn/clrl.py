"""Constraint label relations learning (CLRL), Table 1 and equations 11 and 12."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from clmil.nn.settings import ClrlSettings

RELATED, INDIRECT, IRRELEVANT, UNUSABLE = 0, 1, 2, -1


class LabelPairs(NamedTuple):
    """Sampled pairs. All are (P,) int64: document, matching label A, label B and its class."""

    document: Tensor
    first: Tensor
    second: Tensor
    relation: Tensor

    def of(self, rows: Tensor) -> "LabelPairs":
        """Return the pairs of some documents, (B,) int64, numbered by their place there."""
        matches = self.document[:, None] == rows
        own = matches.any(dim=1)
        place = matches.int().argmax(dim=1)
        return LabelPairs(place, self.first, self.second, self.relation).only(own)

    def only(self, chosen: Tensor) -> "LabelPairs":
        """Return the pairs that a (P,) bool mask chooses."""
        return LabelPairs(*(column[chosen] for column in self))


def relation_classes(targets: Tensor, strong: Tensor, anchors: Tensor, *, partition: str) -> Tensor:
    """Give every label its class with respect to a document and its label A.

    Args:
        targets: (B, l), 1 relevant, 0 not, -1 unknown.
        strong: (l, l) bool, `strong[k, j]` iff M_kj > mean of row k (equation 10).
        anchors: (B,) int64, label A of each document.
        partition: `table1` tests against all relevant labels, `anchor` against A alone.

    Returns:
        (B, l) int64: 0 directly related, 1 indirectly related, 2 irrelevant, -1 for A
        itself and for unknown labels.
    """
    relevant = targets == 1
    tested = relevant if partition == "table1" else functional.one_hot(anchors, len(strong))
    reached = tested.float() @ strong.float() > 0
    classes = torch.where(reached, INDIRECT, IRRELEVANT)
    classes = classes.masked_fill(relevant, RELATED).masked_fill(targets < 0, UNUSABLE)
    return classes.scatter(1, anchors[:, None], UNUSABLE)


def sample_pairs(targets: Tensor, strong: Tensor, settings: ClrlSettings) -> LabelPairs:
    """Draw A from each document's relevant labels and B from the rest (section 3.3.2).

    `uniform` draws B uniformly, `balanced` draws one of the classes that occur first and
    then a label in it. Documents without a relevant label yield no pair.
    """
    usable = (targets == 1).any(dim=1).nonzero().squeeze(1).repeat_interleave(settings.pairs)
    chosen = targets[usable]
    if not len(usable):
        return LabelPairs(usable, usable, usable, usable)
    anchors = torch.multinomial((chosen == 1).float(), 1).squeeze(1)
    classes = relation_classes(chosen, strong, anchors, partition=settings.partition)
    weights = (classes != UNUSABLE).float()
    if settings.sampling == "balanced":
        sizes = torch.stack([(classes == kind).sum(dim=1) for kind in range(3)], dim=1)
        share = 1.0 / sizes.clamp(min=1).float()
        weights = weights * share.gather(1, classes.clamp(min=0))
    has_other = weights.sum(dim=1) > 0
    second = torch.multinomial(weights + (~has_other)[:, None].float(), 1).squeeze(1)
    relation = classes.gather(1, second[:, None]).squeeze(1)
    return LabelPairs(usable, anchors, second, relation).only(has_other)


class LabelRelationHead(nn.Module):
    """Classifier over (H_A, H_B, |H_A - H_B|), equation 11."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.classify = nn.Linear(3 * hidden, 3)

    def forward(self, labels: Tensor, pairs: LabelPairs) -> Tensor:
        """Return (P, 3) logits from label states (B, l, h)."""
        first = labels[pairs.document, pairs.first]
        second = labels[pairs.document, pairs.second]
        logits: Tensor = self.classify(torch.cat([first, second, (first - second).abs()], dim=-1))
        return logits
