"""Figure 5: scores over the proportion gamma of FIL's predictions, by loss weights."""

from dataclasses import dataclass

import numpy as np

from clmil.decisions.metrics import score
from clmil.experiments.results import Results
from clmil.experiments.variants import WEIGHTED, WEIGHTS
from clmil.experiments.verdicts import Verdict, Word

GAMMAS = tuple(round(0.1 * step, 1) for step in range(11))

CURVES = {"micro_precision": "precision", "micro_recall": "recall", "micro_f1": "F1"}

SURE = 0.005
"""Half a point, within which two spreads are not told apart."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Curve:
    """Scores of one pair of loss weights, averaged over seeds.

    Attributes:
        alpha: weight of CIL's loss.
        beta: weight of FIL's loss.
        scores: key of `CURVES` to (11,) scores, one a gamma.
    """

    alpha: float
    beta: float
    scores: dict[str, np.ndarray]


def mixed_scores(
    fil: np.ndarray, cil: np.ndarray, targets: np.ndarray, at: float = 0.5
) -> dict[str, np.ndarray]:
    """Score gamma FIL + (1 - gamma) CIL for every gamma of `GAMMAS` (section 3.3.3).

    Args:
        fil: (n, l) probabilities of FIL alone.
        cil: (n, l) of CIL alone.
        targets: (n, l) int8, -1 unknown.
        at: threshold.
    """
    found = []
    for gamma in GAMMAS:
        mixed = gamma * fil.astype(np.float64) + (1 - gamma) * cil.astype(np.float64)
        found.append(score(targets, (mixed > at).astype(np.int8)))
    return {key: np.array([getattr(scores, key) for scores in found]) for key in CURVES}


def weight_curves(results: Results) -> list[Curve]:
    """Return a curve of each pair of loss weights that has finished cells."""
    curves = []
    for (alpha, beta), variant in zip(WEIGHTS, WEIGHTED, strict=True):
        told = (outcome.values.get("gamma") for outcome in results.of(variant))
        found = [scores for scores in told if scores]
        if found:
            means = {key: np.mean([scores[key] for scores in found], axis=0) for key in CURVES}
            curves.append(Curve(alpha=alpha, beta=beta, scores=means))
    return curves


def judge_bounds(results: Results) -> Verdict:
    """Judge whether loss weights move the worst of a curve, and gamma makes the best.

    It holds if, from one pair of loss weights to the other, the lowest F1 of the curves differs
    more than the highest, and if each curve's best gamma beats both of its ends.
    """
    curves = weight_curves(results)
    if len(curves) < 2:
        reason = "fewer than two pairs of loss weights have been run."
        return Verdict(word="cannot be told here", reason=reason)
    f1 = np.stack([curve.scores["micro_f1"] for curve in curves])
    lowest, highest = np.ptp(f1.min(axis=1)), np.ptp(f1.max(axis=1))
    gain = float((f1.max(axis=1) - f1[:, [0, -1]].max(axis=1)).min())
    word: Word = "cannot be told here"
    if lowest - highest > SURE and gain > SURE:
        word = "holds"
    elif highest - lowest > SURE or gain <= 0:
        word = "does not hold"
    reason = (
        f"between {len(curves)} pairs of loss weights the lowest F1 over gamma differs by "
        f"{100 * lowest:.1f} points and the highest by {100 * highest:.1f}; the best gamma gains "
        f"at least {100 * gain:.1f} points over FIL or CIL alone."
    )
    return Verdict(word=word, reason=reason)
