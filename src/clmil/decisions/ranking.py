"""Scores of the order in which probabilities put the labels; no threshold takes part.

Unknown cells count nowhere: they take no place in an order and are neither right nor wrong.
"""

from dataclasses import asdict, dataclass

import numpy as np

from clmil.decisions.curves import average_precisions
from clmil.decisions.metrics import mean, paired

BLOCK = 2**24
"""Comparisons of two probabilities at once, which bounds memory."""

DEPTHS = (1, 3, 5)


@dataclass(frozen=True, kw_only=True)
class RankingScores:
    """Scores of a ranking; all in [0, 1] but for `coverage_error`.

    Attributes:
        label_ranking_average_precision: mean over documents of the mean over relevant labels of
            the share of relevant labels among those as probable or more (Schapire and Singer,
            2000); a document whose labels are all relevant, or none, counts 1, as in
            scikit-learn.
        coverage_error: how many labels one has to go down on average to meet all relevant ones,
            from 0 (no document has one) to l.
        one_error: share of the documents with a relevant label whose most probable one is not.
        precision_at_1: share of relevant labels among the most probable one of a document,
            over documents with a relevant label.
        precision_at_3: of the three most probable; of all where fewer are known.
        precision_at_5: of the five most probable.
        macro_average_precision: mean of labels with a relevant document of the area under the
            precision-recall curve, in steps.
    """

    label_ranking_average_precision: float
    coverage_error: float
    one_error: float
    precision_at_1: float
    precision_at_3: float
    precision_at_5: float
    macro_average_precision: float

    def to_json(self) -> dict[str, float]:
        """Return the scores as plain values."""
        return asdict(self)


def ranking_scores(probabilities: np.ndarray, targets: np.ndarray) -> RankingScores:
    """Score the order of (n, l) probabilities against (n, l) int8 targets, -1 unknown.

    Raises:
        DataError: if the shapes differ.
    """
    truth, given = paired(targets, probabilities, "probabilities")
    annotated = (truth >= 0).any(axis=1)
    given, truth = given[annotated], truth[annotated]
    precision, coverage = _places(given, truth)
    at = _precision_at(given, truth)
    average = average_precisions(given, truth)
    return RankingScores(
        label_ranking_average_precision=mean(precision),
        coverage_error=mean(coverage),
        one_error=1 - at[1] if (truth == 1).any() else 0.0,
        precision_at_1=at[1],
        precision_at_3=at[3],
        precision_at_5=at[5],
        macro_average_precision=mean(average[np.isfinite(average)]),
    )


def _places(given: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each document's average precision over labels, and its coverage, (n,) each."""
    rows, columns = np.nonzero(truth == 1)
    place, above = np.zeros(len(rows)), np.zeros(len(rows))
    step = max(1, BLOCK // max(truth.shape[1], 1))
    for start in range(0, len(rows), step):
        some = slice(start, start + step)
        document = rows[some]
        ahead = given[document] >= given[document, columns[some]][:, None]
        place[some] = (ahead & (truth[document] >= 0)).sum(axis=1)
        above[some] = (ahead & (truth[document] == 1)).sum(axis=1)
    relevant = np.bincount(rows, minlength=len(truth))
    share = np.bincount(rows, above / np.maximum(place, 1), minlength=len(truth))
    nothing_to_order = relevant == 0  # where all are relevant the share is 1 anyway
    coverage = np.zeros(len(truth))
    np.maximum.at(coverage, rows, place)
    return np.where(nothing_to_order, 1.0, share / np.maximum(relevant, 1)), coverage


def _precision_at(given: np.ndarray, truth: np.ndarray) -> dict[int, float]:
    """Return precision among the k most probable known labels, for each depth k."""
    some = (truth == 1).any(axis=1)
    hidden = np.where(truth[some] >= 0, given[some], -np.inf)
    known = (truth[some] >= 0).sum(axis=1)
    best = np.argsort(-hidden, axis=1, kind="stable")[:, : max(DEPTHS)]
    hit = np.take_along_axis(truth[some] == 1, best, axis=1)
    return {k: mean(hit[:, :k].sum(axis=1) / np.minimum(k, known)) for k in DEPTHS}
