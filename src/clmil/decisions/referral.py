"""Leaving the least certain texts to a person."""

from dataclasses import replace

import numpy as np

from clmil.decisions.choosing import LEAST
from clmil.decisions.rule import DecisionRule
from clmil.errors import DataError


def uncertainty(probabilities: np.ndarray, decided: np.ndarray) -> np.ndarray:
    """Return how many labels of each text are wrong in expectation, (n,).

    That is the sum over labels of |decided - p|, if p is calibrated.

    Args:
        probabilities: (n, l), calibrated.
        decided: (n, l), 1 for predicted labels.
    """
    return np.asarray(np.abs(decided - probabilities.astype(np.float64)).sum(axis=1))


def referring_rule(rule: DecisionRule, raw: np.ndarray, share: float) -> DecisionRule:
    """Return a rule that leaves a share of texts like these to a person, the least certain.

    Args:
        rule: which decides.
        raw: (n, l) the system's own probabilities; labels are not needed.
        share: of the texts, in (0, 1).

    Raises:
        DataError: if there are fewer than `LEAST` texts or the share is not between 0 and 1.
    """
    if not 0 < share < 1:
        raise DataError(f"the share {share:g} of texts for a person is not between 0 and 1.")
    if len(raw) < LEAST:
        raise DataError(
            f"there are fewer than {LEAST} texts ({len(raw)}), too few to tell uncertain ones by; "
            "give more."
        )
    probabilities = rule.calibrate(raw)
    found = uncertainty(probabilities, rule.decide(probabilities))
    limit = float(np.quantile(found, 1 - share, method="higher"))
    chosen = rule.chosen | {"referral": {"share": share, "documents": len(raw)}}
    return replace(rule, refer_above=limit, chosen=chosen)


def referred(rule: DecisionRule, probabilities: np.ndarray, decided: np.ndarray) -> np.ndarray:
    """Return which texts a person has to see, (n,) bool; none if the rule refers none."""
    if rule.refer_above is None:
        return np.zeros(len(probabilities), dtype=bool)
    return uncertainty(probabilities, decided) > rule.refer_above
