"""Settings of CL-BERT+kNN's loss; imports no torch, so that recipes are read without it."""

from typing import Literal

from pydantic import NonNegativeFloat, PositiveFloat

from clmil.nn.settings import Settings


class ContrastSettings(Settings):
    """The contrastive loss beside the classifier's; what is not known of the paper is tuned."""

    weight: NonNegativeFloat = 0.1
    """Of the contrastive loss, gamma."""
    temperature: PositiveFloat = 5.0
    """What distances are divided by, tau'. Texts of a BERT lie about 5 to 20 apart."""
    normalise: bool = False
    """Scale texts to unit length first, for which a temperature of 0.1 is apt."""
    reduction: Literal["mean", "sum_labels"] = "mean"
    """Of the classifier's loss."""
