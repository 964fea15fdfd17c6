"""Thresholds that keep the share of missed labels under a promised bound, with confidence.

Learn then Test (Angelopoulos et al., 2021) with p-values of Hoeffding and Bentkus (Bates et al.,
2021): what is promised holds for new texts like the ones on which it was calibrated, whatever the
model is worth, but for the stated risk of an unlucky calibration set.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from clmil.decisions.calibration import logit, sigmoid
from clmil.decisions.rule import DecisionRule
from clmil.errors import DataError

SHIFTS = np.concatenate([[-np.inf], np.arange(-15.0, 10.001, 0.05)])
"""Of all thresholds on the logit, in the order in which they are tested; the first predicts all."""


@dataclass(frozen=True, kw_only=True)
class Promise:
    """What is promised.

    Attributes:
        missed: upper bound of the expected share of a text's labels that are missed; a text
            without labels misses none.
        confidence: 1 - delta, how sure the bound is over calibration sets.

    Raises:
        DataError: if one does not lie between 0 and 1.
    """

    missed: float = 0.1
    confidence: float = 0.95

    def __post_init__(self) -> None:
        for name, value in (("bound", self.missed), ("confidence", self.confidence)):
            if not 0 < value < 1:
                raise DataError(f"the {name} {value:g} is not between 0 and 1; choose one that is.")

    @property
    def least(self) -> int:
        """Texts below which nothing can be promised, even if none of their labels is missed."""
        return math.ceil(math.log(1 - self.confidence) / math.log1p(-self.missed))


def missed_share(decided: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return the share of each text's known labels that are not predicted, (n,); 0 without any.

    Args:
        decided: (n, l), 1 for predicted labels.
        targets: (n, l), 1 relevant, 0 not, -1 unknown.
    """
    relevant = targets == 1
    missed = (relevant & (decided == 0)).sum(axis=1)
    return np.asarray(missed / np.maximum(relevant.sum(axis=1), 1))


def p_value(mean: float, texts: int, bound: float) -> float:
    """Return the p-value that the expected loss exceeds a bound, by Hoeffding and Bentkus.

    Args:
        mean: loss of the texts on average, each in [0, 1].
        texts: how many there are.
        bound: in (0, 1).
    """
    from scipy.stats import binom

    if mean >= bound:
        return 1.0
    divergence = _bernoulli_divergence(mean, bound)
    # A mean that is a count of texts may be a hair above it in floating point.
    count = math.ceil(texts * mean - 1e-9)
    bentkus = math.e * float(binom.cdf(count, texts, bound))
    return min(math.exp(-texts * divergence), bentkus, 1.0)


def guaranteed_rule(
    rule: DecisionRule, raw: np.ndarray, targets: np.ndarray, promise: Promise
) -> DecisionRule:
    """Shift all thresholds of a rule, on the logit, as far up as the promise allows.

    Shifts are tested in a fixed order from the one that predicts everything upwards, each at the
    full level, until one fails (fixed-sequence testing); the last that passed is taken.

    Args:
        rule: whose calibration and whose proportions of the labels' thresholds are kept.
        raw: (n, l) the system's own probabilities of texts that neither it nor the rule has seen.
        targets: (n, l) int8, -1 unknown; texts without a known cell are left out.
        promise: what is promised.

    Returns:
        The rule; its `chosen` holds `guarantee`.

    Raises:
        DataError: if there are too few texts, or none with a label.
    """
    annotated = (targets >= 0).any(axis=1)
    probabilities, targets = rule.calibrate(raw)[annotated], targets[annotated]
    texts = len(targets)
    if texts < promise.least:
        raise DataError(
            f"a promise of at most {promise.missed:g} missed with confidence "
            f"{promise.confidence:g} needs at least {promise.least} labelled texts, and there are "
            f"{texts}; give more, or promise less."
        )
    if not (targets == 1).any():
        raise DataError(
            "none of the labelled texts has a label, so that nothing can be missed; give texts "
            "with labels."
        )
    base = logit(np.clip(rule.thresholds, 1e-6, 1 - 1e-6))
    means = _mean_losses(probabilities, targets, base)
    passed = 0
    values = [p_value(mean, texts, promise.missed) for mean in means]
    while passed < len(values) and values[passed] <= 1 - promise.confidence:
        passed += 1
    if not passed:
        raise DataError(
            f"even if every label is predicted that is not impossible to the model, {means[0]:.3f} "
            "of the labels are missed; the model cannot keep this promise, promise less."
        )
    shift = SHIFTS[passed - 1]
    found = {
        "missed": promise.missed,
        "confidence": promise.confidence,
        "documents": texts,
        "shift": float(shift) if np.isfinite(shift) else None,
        "measured": round(float(means[passed - 1]), 6),
    }
    thresholds = sigmoid(base + shift) if np.isfinite(shift) else np.zeros_like(base)
    chosen = {"documents": texts, "scope": "guarantee", "guarantee": found}
    # When a person was to be asked was chosen for other thresholds.
    return replace(rule, thresholds=thresholds, chosen=chosen, refer_above=None)


def _mean_losses(probabilities: np.ndarray, targets: np.ndarray, base: np.ndarray) -> np.ndarray:
    """Return the mean share of missed labels at every shift of the (l,) thresholds' logits."""
    rows, columns = np.nonzero(targets == 1)
    given = probabilities[rows, columns].astype(np.float64)
    below_one = np.minimum(given, 1 - 1e-9)
    # What the model holds for impossible is missed at any threshold, since 0 is not over 0.
    with np.errstate(divide="ignore"):
        margins = np.log(given) - np.log1p(-below_one) - base[columns]
    shares = 1 / (targets == 1).sum(axis=1)[rows]
    order = np.argsort(margins, kind="stable")
    totals = np.concatenate([[0.0], np.cumsum(shares[order])])
    missed = np.searchsorted(margins[order], SHIFTS, side="right")
    return np.asarray(totals[missed] / len(targets))


def _bernoulli_divergence(low: float, high: float) -> float:
    """Return KL(Bernoulli(low) || Bernoulli(high)) in nats."""
    first = low * math.log(low / high) if low > 0 else 0.0
    return first + (1 - low) * math.log((1 - low) / (1 - high))
