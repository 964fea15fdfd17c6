"""The network of CL-BERT+kNN (Su et al. 2022): a classifier and a contrastive loss.

No code of the authors is public; the loss is the one that their successors print. How the
nearest training texts vote is in `clmil.decisions.neighbours`.
"""

import torch
from pydantic import Field, NonNegativeFloat, PositiveFloat
from torch import Tensor, nn

from clmil.nn.dropout import Dropout
from clmil.nn.outputs import LabelOutput, label_output
from clmil.nn.pooling import at_least_single, l2_normalise
from clmil.nn.settings import Settings


class NeighbourSettings(Settings):
    """The classifier and the contrastive loss; what is not known of the paper is tuned."""

    dropout: float = Field(default=0.1, ge=0, lt=1)
    contrast: NonNegativeFloat = 0.1
    """Weight of the contrastive loss, gamma."""
    temperature: PositiveFloat = 5.0
    """What distances are divided by, tau'. Texts of a BERT lie about 5 to 20 apart."""
    normalise: bool = False
    """Scale texts to unit length first, for which a temperature of 0.1 is apt."""


class NeighbourHead(nn.Module):
    """A linear classifier of the text representation, trained with the contrastive loss."""

    def __init__(self, settings: NeighbourSettings, hidden: int, labels: int) -> None:
        """Build the head for an encoder of the width h and l labels."""
        super().__init__()
        self.settings = settings
        self.dropout = Dropout(settings.dropout)
        self.output = nn.Linear(hidden, labels)

    def forward(self, pooled: Tensor, targets: Tensor | None = None) -> LabelOutput:
        """Predict, and compute the loss and its parts where targets are given.

        Args:
            pooled: (B, h), the text representation.
            targets: (B, l) int8, 1 relevant, 0 not, -1 unknown.
        """
        told = self.settings
        contrast = None
        if targets is not None:
            contrast = neighbour_loss(
                pooled, targets, temperature=told.temperature, normalise=told.normalise
            )
        logits = self.output(self.dropout(pooled))
        return label_output(logits, targets, reduction="mean", extra=contrast, weight=told.contrast)


def neighbour_loss(
    texts: Tensor, targets: Tensor, *, temperature: float, normalise: bool = False
) -> Tensor:
    """Draw texts together by how many labels they share.

    L = -1/B sum_i sum_j beta_ij log softmax_j(-|z_i - z_j| / tau'), where j runs over the other
    texts of the batch and beta_ij is the number of labels that i and j share, divided by its
    sum over j. A text that shares no label with another contributes 0.

    Args:
        texts: (B, h), z.
        targets: (B, l), 1 relevant; 0 and -1 are no shared label.
        temperature: tau'.
        normalise: scale z to unit length first.

    Returns:
        A scalar, 0 for a single text.
    """
    places = l2_normalise(texts) if normalise else at_least_single(texts)
    if len(places) < 2:
        return places.sum() * 0.0
    relevant = (targets == 1).to(places.dtype)
    self_pair = torch.eye(len(places), dtype=torch.bool, device=places.device)
    shared = (relevant @ relevant.T).masked_fill(self_pair, 0.0)
    share = shared / shared.sum(dim=1, keepdim=True).clamp(min=1.0)
    # Exact differences: the gradient of a distance of 0, as of twin texts, is then 0.
    apart = torch.cdist(places, places, compute_mode="donot_use_mm_for_euclid_dist")
    scores = (-apart / temperature).masked_fill(self_pair, float("-inf"))
    likely = scores.log_softmax(dim=1).masked_fill(self_pair, 0.0)
    return -(share * likely).sum() / len(places)
