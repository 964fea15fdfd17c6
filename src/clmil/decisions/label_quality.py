"""How well given labels agree with models that did not see the documents.

The scores of a label cell and of a document are cleanlab's for multi-label data (Thyagarajan et
al., "Identifying incorrect annotations in multi-label classification data", 2022).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """How cleanlab scores.

    Attributes:
        method: of a cell: `self_confidence`, the probability of what is given, or
            `normalized_margin`, its distance from the opposite.
        adjusted: subtract what is usual for the label first.
        forgetting: of the exponential moving average over a document's cells, the best first;
            1: a document is as good as its worst cell, 0.8 is cleanlab's own default.
    """

    method: Literal["self_confidence", "normalized_margin"] = "self_confidence"
    adjusted: bool = False
    forgetting: float = 1.0


def document_quality(
    targets: np.ndarray, probabilities: np.ndarray, ranking: Ranking | None = None
) -> np.ndarray:
    """Return (n,) float64 scores in [0, 1] of documents, low where labels are likely wrong.

    Args:
        targets: (n, l) int8, -1 unknown: such a cell counts as in order.
        probabilities: (n, l) calibrated, of models that did not see the documents.
        ranking: how.
    """
    from cleanlab.multilabel_classification import get_label_quality_scores

    told = ranking or Ranking()
    given: np.ndarray = get_label_quality_scores(
        [np.flatnonzero(row).tolist() for row in targets == 1],
        _judged(targets, probabilities),
        method=told.method,
        adjust_pred_probs=told.adjusted,
        aggregator_kwargs={"method": "exponential_moving_average", "alpha": told.forgetting},
    )
    return given


def cell_quality(targets: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return the (n, l) probabilities of what is given; 1 where a cell is unknown."""
    judged = _judged(targets, probabilities)
    return np.where(targets == 1, judged, 1 - judged)


def _judged(targets: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    return np.where(targets < 0, 0.0, np.asarray(probabilities, dtype=np.float64))
