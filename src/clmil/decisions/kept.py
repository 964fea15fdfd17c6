"""What a rule with a promise, or one that leaves texts to a person, does on labelled texts."""

from dataclasses import dataclass

import numpy as np

from clmil.decisions.guarantee import missed_share
from clmil.decisions.metrics import score
from clmil.decisions.referral import referred
from clmil.decisions.rule import DecisionRule


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Measured on labelled texts; scores are shares, not per cent.

    Attributes:
        documents: texts with a known cell.
        missed: mean share of a text's labels that are missed.
        precision, f1: micro-averaged, of all texts.
        labels: predicted for a text on average; known ones alone.
        referred: share of the texts that a person has to see.
        wrong: wrong cells a text on average, of all texts.
        wrong_rest: of those that no person has to see; None without any.
        f1_rest: micro-F1 of those; None without any.
    """

    documents: int
    missed: float
    precision: float
    f1: float
    labels: float
    referred: float
    wrong: float
    wrong_rest: float | None
    f1_rest: float | None


def what_is_kept(rule: DecisionRule, raw: np.ndarray, targets: np.ndarray) -> Kept:
    """Measure a rule.

    Args:
        rule: to judge.
        raw: (n, l) the system's own probabilities.
        targets: (n, l) int8, -1 unknown; at least one text with a known cell.
    """
    annotated = (targets >= 0).any(axis=1)
    targets, probabilities = targets[annotated], rule.calibrate(raw)[annotated]
    decided = rule.decide(probabilities)
    seen = referred(rule, probabilities, decided)
    rest = ~seen
    found = score(targets, decided)
    wrong = ((decided != targets) & (targets >= 0)).sum(axis=1)
    return Kept(
        documents=len(targets),
        missed=float(missed_share(decided, targets).mean()),
        precision=found.micro_precision,
        f1=found.micro_f1,
        labels=float(((decided == 1) & (targets >= 0)).sum(axis=1).mean()),
        referred=float(seen.mean()),
        wrong=float(wrong.mean()),
        wrong_rest=float(wrong[rest].mean()) if rest.any() else None,
        f1_rest=score(targets[rest], decided[rest]).micro_f1 if rest.any() else None,
    )
