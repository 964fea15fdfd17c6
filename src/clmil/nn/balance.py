"""Losses of a cell for corpora with rare labels, in place of binary cross-entropy.

All map (B, l) logits and (B, l) targets, 1 relevant, else not, to (B, l) losses, with the exact
gradient of what is printed. Only training sees them: predictions are the sigmoid of the logits.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from clmil.nn.balance_settings import (
    AsymmetricSettings,
    BalanceSettings,
    DistributionBalancedSettings,
)

LEAST = 1e-12
"""What smaller bases of a power and sampling rates count as: the slope of x^g at 0 may be
infinite, and a document without a relevant label is never sampled."""


def log_odds(counts: Tensor) -> Tensor:
    """Return the (l,) fp32 log-odds of labels, each count smoothed by one half.

    Args:
        counts: (2, l), the documents in which a label is relevant, and in which it is known.
    """
    relevant = counts[0].float()
    return torch.log((relevant + 0.5) / (counts[1] - relevant + 0.5))


def focal(logits: Tensor, targets: Tensor, gamma: float) -> Tensor:
    """Return -(1 - p_t)^gamma log p_t, p_t the probability of what is true (Lin et al. 2017)."""
    sided = torch.where(targets == 1, logits, -logits)
    return -_power((-sided).sigmoid(), gamma) * functional.logsigmoid(sided)


def asymmetric(logits: Tensor, targets: Tensor, wanted: AsymmetricSettings) -> Tensor:
    """Return the asymmetric loss (Ben-Baruch et al. 2021, equations 4 to 7).

    -(1 - p)^gamma+ log p where a label is relevant, else -p_m^gamma- log(1 - p_m) with
    p_m = max(p - margin, 0).
    """
    if wanted.margin:
        missed = (logits.sigmoid() - wanted.margin).clamp(min=0)
        spared = ((-logits).sigmoid() + wanted.margin).clamp(max=1).log()
    else:
        missed, spared = logits.sigmoid(), functional.logsigmoid(-logits)
    negative = -_power(missed, wanted.gamma_negative) * spared
    positive = focal(logits, torch.ones_like(targets), wanted.gamma_positive)
    return torch.where(targets == 1, positive, negative)


def distribution_balanced(
    logits: Tensor, targets: Tensor, counts: Tensor, wanted: DistributionBalancedSettings
) -> Tensor:
    """Return the distribution-balanced loss (Wu et al. 2020), focused as in Huang et al. 2021.

    With s = lambda where a label is not relevant, else 1, a cell costs r / s times the focal loss
    of s z; r is `rebalancing`.

    Args:
        logits: (B, l), shifted by kappa of the label's log-odds: z - nu.
        targets: (B, l), 1 relevant, else not.
        counts: (2, l) as `log_odds` takes them.
        wanted: the settings.
    """
    scale = torch.where(targets == 1, 1.0, wanted.negative_scale)
    weight = rebalancing(targets, counts, wanted) / scale
    return weight * focal(logits * scale, targets, wanted.gamma)


def rebalancing(targets: Tensor, counts: Tensor, wanted: DistributionBalancedSettings) -> Tensor:
    """Return the smoothed weights alpha + sigmoid(beta (r - mu)), (B, l) fp32.

    r is how often a document would be drawn for a label alone, over how often it is drawn for any
    of its known labels, where labels are drawn evenly and then one of their documents. Without any
    relevant label r has no bound, and the weight is alpha + 1.
    """
    rarity = counts[0].clamp(min=1).reciprocal()
    drawn = torch.where(targets == 1, rarity, 0.0).sum(dim=1, keepdim=True)
    ratio = rarity / drawn.clamp(min=LEAST)
    return wanted.alpha + (wanted.beta * (ratio - wanted.mu)).sigmoid()


def _power(base: Tensor, exponent: float) -> Tensor:
    return base.clamp(min=LEAST) ** exponent


class BalancedLoss(nn.Module):
    """The loss that the settings name, with the label counts that it needs.

    Attributes:
        counts: (2, l) int64, of the training part, as `log_odds` takes them.
    """

    counts: Tensor

    def __init__(self, settings: BalanceSettings, labels: int) -> None:
        super().__init__()
        self.settings = settings
        self.register_buffer("counts", torch.zeros(2, labels, dtype=torch.int64))

    def shift(self) -> Tensor:
        """Return what the loss adds to the logits of each label, (l,) fp32.

        Logit adjustment adds tau times the log-odds: that of Menon et al. for the two classes
        "relevant" and "not", whose logits are z and 0. The negative-tolerant regularisation
        takes off nu = -kappa times the log-odds.
        """
        wanted = self.settings
        shares = {
            "logit_adjusted": wanted.logit_adjusted.tau,
            "distribution_balanced": wanted.distribution_balanced.kappa,
        }
        return shares.get(wanted.loss, 0.0) * log_odds(self.counts)

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Return the losses of the cells, (B, l); those of unknown ones have no gradient.

        Args:
            logits: (B, l), at least fp32.
            targets: (B, l), 1 relevant, 0 not, -1 unknown.
        """
        wanted = self.settings
        shifted = (logits + self.shift()).masked_fill(targets < 0, 0.0)
        match wanted.loss:
            case "asymmetric":
                return asymmetric(shifted, targets, wanted.asymmetric)
            case "distribution_balanced":
                chosen = wanted.distribution_balanced
                return distribution_balanced(shifted, targets, self.counts, chosen)
            case "focal":
                return focal(shifted, targets, wanted.focal.gamma)
            case "logit_adjusted":
                return focal(shifted, targets, 0.0)
