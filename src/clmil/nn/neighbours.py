"""The network of CL-BERT+kNN (Su et al. 2022): a classifier and a contrastive loss.

No code of the authors is public; the loss is the one that their successors print. How the
nearest training texts vote is in `clmil.decisions.neighbours`.
"""

import torch
from torch import Tensor, nn

from clmil.nn.heads import ClassifierHead
from clmil.nn.neighbour_settings import ContrastSettings
from clmil.nn.outputs import LabelOutput, label_output
from clmil.nn.pooling import at_least_single, l2_normalise
from clmil.nn.represented import Represented
from clmil.nn.settings import ClassifierSettings


class NeighbourHead(nn.Module):
    """A linear classifier of the text representation, trained with the contrastive loss."""

    def __init__(
        self, settings: ContrastSettings, classifier: ClassifierSettings, hidden: int, labels: int
    ) -> None:
        """Build the head for an encoder of the width h and l labels."""
        super().__init__()
        self.settings = settings
        self.output = ClassifierHead(hidden, 0, labels, classifier)

    def forward(self, seen: Represented, targets: Tensor | None = None) -> LabelOutput:
        """Predict, and compute the loss and its parts where targets are given.

        Args:
            seen: the text representation is read.
            targets: (B, l) int8, 1 relevant, 0 not, -1 unknown.
        """
        told = self.settings
        contrast = None
        if targets is not None:
            contrast = neighbour_loss(
                seen.pooled, targets, temperature=told.temperature, normalise=told.normalise
            )
        return label_output(
            self.output(seen.pooled, seen.pooled),
            targets,
            reduction=told.reduction,
            extra=contrast,
            weight=told.weight,
        )


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
