"""Settings of losses for rare labels and of R-Drop, both off unless asked for."""

from typing import Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat

from clmil.nn.base_settings import Settings


class FocalSettings(Settings):
    """Focal loss (Lin et al. 2017), without its weight of the classes."""

    gamma: NonNegativeFloat = 2.0
    """Focusing; 0 is binary cross-entropy."""


class AsymmetricSettings(Settings):
    """Asymmetric loss (Ben-Baruch et al. 2021); all zero is binary cross-entropy."""

    gamma_positive: NonNegativeFloat = 0.0
    """Focusing of relevant labels."""
    gamma_negative: NonNegativeFloat = 4.0
    """Focusing of the others."""
    margin: float = Field(default=0.05, ge=0, lt=1)
    """Labels that are not relevant cost nothing up to this probability."""


class LogitAdjustedSettings(Settings):
    """Logit adjustment (Menon et al. 2021), a label at a time."""

    tau: NonNegativeFloat = 1.0
    """Share of the label's log-odds that is added in the loss; 0 is binary cross-entropy."""


class DistributionBalancedSettings(Settings):
    """Distribution-balanced loss (Wu et al. 2020) with focusing.

    The defaults are those of Huang et al. 2021 on Reuters-21578. alpha=0.5, beta=0, the scale 1,
    kappa=0 and gamma=0 are binary cross-entropy.
    """

    alpha: NonNegativeFloat = 0.1
    """Least weight, of alpha + sigmoid(beta (r - mu))."""
    beta: NonNegativeFloat = 10.0
    """Steepness of the weight."""
    mu: float = 0.9
    """The re-balancing r whose weight lies in the middle."""
    negative_scale: PositiveFloat = 2.0
    """Lambda of the negative-tolerant regularisation."""
    kappa: NonNegativeFloat = 0.05
    """Share of the label's log-odds that is added in the loss."""
    gamma: NonNegativeFloat = 2.0
    """Focusing, 0 for none."""


class BalanceSettings(Settings):
    """Another loss of a cell than binary cross-entropy, in equation 8."""

    enabled: bool = False
    loss: Literal["distribution_balanced", "asymmetric", "logit_adjusted", "focal"] = (
        "distribution_balanced"
    )
    distribution_balanced: DistributionBalancedSettings = DistributionBalancedSettings()
    asymmetric: AsymmetricSettings = AsymmetricSettings()
    logit_adjusted: LogitAdjustedSettings = LogitAdjustedSettings()
    focal: FocalSettings = FocalSettings()


class RDropSettings(Settings):
    """R-Drop (Liang et al. 2021): two passes under different dropout shall predict alike."""

    enabled: bool = False
    weight: NonNegativeFloat = 0.5
    """Of the symmetric divergence, beside the mean loss of both passes; half the paper's alpha,
    which stands beside their sum."""
