"""How far chance in the choice of test documents can move a score, and a difference of scores.

Documents are drawn with replacement (Efron, 1979); models that are compared are scored on the same
draws, so that what is hard for both does not blur their difference (Koehn, 2004).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np

from clmil.decisions.metrics import known_labels, macro_mean, ratios

RESAMPLES, LEVEL = 1000, 0.95
BLOCK = 2**22
"""Documents drawn at once, over all resamples of a block, which bounds memory."""

METRICS = {"micro_f1": 1, "macro_f1": 1, "hamming_loss": -1}
"""The scores that are drawn; -1: less is better."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Draws:
    """Scores of one model on b resamples.

    Attributes:
        micro_f1: (b,).
        micro_precision: (b,).
        micro_recall: (b,).
        macro_f1: (b,), the mean of `label_f1`, without labels unknown everywhere.
        hamming_loss: (b,).
        label_f1: (b, l). Where a resample holds no relevant document of a label, the label keeps
            the F1 that it has on all documents: as 0 it would pull all resamples of rare labels
            below the score itself.
    """

    micro_f1: np.ndarray
    micro_precision: np.ndarray
    micro_recall: np.ndarray
    macro_f1: np.ndarray
    hamming_loss: np.ndarray
    label_f1: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Interval:
    """The middle 95 % of draws."""

    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What one model scores more than another, on the same draws.

    Attributes:
        value: the difference on the test part itself.
        low: of the 95 % interval.
        high: of it.
        p_value: two-sided: how often draws fall on the side of zero where they seldom fall, twice.
        wins: share of the draws in which the first model is better; ties count half.
    """

    value: float
    low: float
    high: float
    p_value: float
    wins: float


def resample(
    targets: np.ndarray,
    predictions: Sequence[np.ndarray],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> list[Draws]:
    """Score predictions on documents drawn with replacement, the same for all models.

    Args:
        targets: (n, l) int8, -1 unknown, which counts nowhere; unannotated documents are not
            drawn.
        predictions: (n, l) 0/1, one a model.
        resamples: how many.
        seed: of the draws.
    """
    annotated = (targets >= 0).any(axis=1)
    truth = targets[annotated]
    known = (truth >= 0).sum(axis=1).astype(np.float64)
    among = known_labels(truth)
    outcomes = [_cells(truth, np.asarray(given)[annotated]) for given in predictions]
    whole = [ratios(*(kind.sum(axis=0) for kind in cell))[2] for cell in outcomes]
    parts: list[list[Draws]] = [[] for _ in predictions]
    for weights in _weights(len(truth), resamples, seed):
        cells = weights @ known
        for cell, f1, part in zip(outcomes, whole, parts, strict=True):
            tp, fp, fn = (weights @ kind for kind in cell)
            part.append(_score(tp, fp, fn, cells, f1, among))
    return [_joined(part) for part in parts]


def interval(draws: np.ndarray) -> Interval:
    """Return the 95 % interval of (b,) draws."""
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]).tolist()
    return Interval(low=low, high=high)


def difference(value: float, draws: np.ndarray, *, sign: int = 1) -> Difference:
    """Sum up (b,) paired differences.

    Args:
        value: the difference on the test part itself.
        draws: on each resample.
        sign: 1 where more is better, -1 where less is.
    """
    ends = interval(draws)
    rarer = min((draws <= 0).sum(), (draws >= 0).sum())
    wins = (sign * draws > 0).mean() + (draws == 0).mean() / 2
    return Difference(
        value=value,
        low=ends.low,
        high=ends.high,
        p_value=min(1.0, float(2 * (rarer + 1) / (len(draws) + 1))),  # never 0: Davison, Hinkley
        wins=float(wins),
    )


def _weights(documents: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """Give (b, n) float32 counts of how often each document was drawn."""
    rng = np.random.default_rng(seed)
    size = max(1, BLOCK // max(documents, 1))
    for start in range(0, resamples, size):
        block = min(size, resamples - start)
        drawn = rng.integers(max(documents, 1), size=(block, documents))
        drawn += documents * np.arange(block)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=block * documents)
        yield counts.reshape(block, documents).astype(np.float32)


def _cells(truth: np.ndarray, given: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return true and false positives and false negatives, (n, l) float32 0/1 each."""
    predicted = given == 1
    kinds = (truth == 1) & predicted, (truth == 0) & predicted, (truth == 1) & ~predicted
    tp, fp, fn = (kind.astype(np.float32) for kind in kinds)
    return tp, fp, fn


def _score(
    tp: np.ndarray,
    fp: np.ndarray,
    fn: np.ndarray,
    cells: np.ndarray,
    f1: np.ndarray,
    among: np.ndarray,
) -> Draws:
    """Score (b, l) counts, which float32 holds exactly up to 16 million.

    Args:
        tp: true positives.
        fp: false positives.
        fn: false negatives.
        cells: (b,) known cells.
        f1: (l,) of all documents.
        among: (l,) bool, the labels that are known in some document.
    """
    each = np.where(tp + fn > 0, ratios(tp, fp, fn)[2], f1).astype(np.float64)
    sums = [kind.sum(axis=1, dtype=np.float64) for kind in (tp, fp, fn)]
    precision, recall, micro_f1 = ratios(*sums)
    return Draws(
        micro_f1=micro_f1,
        micro_precision=precision,
        micro_recall=recall,
        macro_f1=macro_mean(each, among),
        hamming_loss=(sums[1] + sums[2]) / np.maximum(cells, 1),
        label_f1=each,
    )


def _joined(parts: list[Draws]) -> Draws:
    names = [field.name for field in fields(Draws)]
    return Draws(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in names})
