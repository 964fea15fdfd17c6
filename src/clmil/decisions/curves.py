"""Curves over all thresholds: precision and recall, scores, reliability. Unknown cells are out."""

from dataclasses import dataclass

import numpy as np

from clmil.decisions.metrics import known_labels, macro_mean, ratios

GRID = 100
"""Thresholds of a sweep are k / 100."""


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """Scores at one threshold for all labels, (g,) float64 each."""

    thresholds: np.ndarray
    micro_precision: np.ndarray
    micro_recall: np.ndarray
    micro_f1: np.ndarray
    macro_f1: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Reliability:
    """Cells by probability, all labels together, (b,) each; empty bins are left out.

    Attributes:
        probability: mean probability of the cells of a bin.
        frequency: share of them that is relevant.
        cells: how many they are.
    """

    probability: np.ndarray
    frequency: np.ndarray
    cells: np.ndarray


def precision_recall(
    probabilities: np.ndarray, targets: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return precision and recall of one label at each distinct probability, falling.

    Args:
        probabilities: (n,) of the label.
        targets: (n,) int8, -1 unknown.

    Returns:
        Precision and recall, (k,) float64 each, recall rising; both empty where no known
        document is relevant.
    """
    known = targets >= 0
    given, hit = np.asarray(probabilities)[known], targets[known] == 1
    if not hit.any():
        return np.empty(0), np.empty(0)
    order = np.argsort(-given, kind="stable")
    last = np.flatnonzero(np.diff(given[order], append=-np.inf))  # equal ones fall together
    tp = np.cumsum(hit[order])[last]
    return tp / (last + 1), tp / hit.sum()


def average_precisions(probabilities: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return the (l,) areas under the step-wise curves of labels, NaN without relevant document."""
    areas = np.full(targets.shape[1], np.nan)
    for column in range(targets.shape[1]):
        precision, recall = precision_recall(probabilities[:, column], targets[:, column])
        if len(recall):
            areas[column] = (precision * np.diff(recall, prepend=0)).sum()
    return areas


def sweep(probabilities: np.ndarray, targets: np.ndarray) -> Sweep:
    """Score (n, l) probabilities at thresholds of 0, 0.01, ..., 0.99 for all labels."""
    labels = targets.shape[1]
    place = np.ceil(np.asarray(probabilities, dtype=np.float64) * GRID).astype(np.int64)
    place += (GRID + 1) * np.arange(labels)  # over k / 100 are those with a place above k
    tp, fp = (_above(place[targets == kind], labels) for kind in (1, 0))
    fn = (targets == 1).sum(axis=0)[:, None] - tp
    precision, recall, f1 = ratios(tp.sum(axis=0), fp.sum(axis=0), fn.sum(axis=0))
    return Sweep(
        thresholds=np.arange(GRID) / GRID,
        micro_precision=precision,
        micro_recall=recall,
        micro_f1=f1,
        macro_f1=macro_mean(ratios(tp, fp, fn)[2].T, known_labels(targets)),
    )


def reliability(probabilities: np.ndarray, targets: np.ndarray, *, bins: int = 20) -> Reliability:
    """Compare probability and frequency of all known cells in bins of equal width."""
    known = targets >= 0
    given = np.asarray(probabilities, dtype=np.float64)[known]
    place = np.minimum((given * bins).astype(np.int64), bins - 1)
    cells = np.bincount(place, minlength=bins)
    held = cells > 0
    mean, share = (
        np.bincount(place, weights, minlength=bins)[held] / cells[held]
        for weights in (given, (targets[known] == 1).astype(np.float64))
    )
    return Reliability(probability=mean, frequency=share, cells=cells[held])


def _above(place: np.ndarray, labels: int) -> np.ndarray:
    """Return (l, g) counts of cells over each threshold."""
    counts = np.bincount(place, minlength=labels * (GRID + 1)).reshape(labels, GRID + 1)
    reached: np.ndarray = counts[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]
    return reached
