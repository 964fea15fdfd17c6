"""Scores of short and of long texts: does a model that reads a part of a text miss the rest?"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from clmil.decisions.metrics import score

BANDS = 4
"""Into how many parts of like size documents are divided by their length."""


def scores_by_length(
    texts: Sequence[str], targets: np.ndarray, predictions: np.ndarray
) -> list[dict[str, Any]]:
    """Return micro scores of quarters of the documents, from the shortest texts to the longest.

    Args:
        texts: (n,) of the documents.
        targets: (n, l) int8, 1 relevant, 0 not, -1 unknown; documents without annotation are out.
        predictions: (n, l) 0/1.

    Returns:
        For each quarter `words`, those of its shortest and of its longest text, `documents`,
        `precision`, `recall` and `f1`. Texts of one length are in one quarter, so that there may be
        fewer than four.
    """
    rows = np.flatnonzero((targets >= 0).any(axis=1))
    if not len(rows):
        return []
    words = np.fromiter((len(text.split()) for text in texts), np.int64, len(targets))[rows]
    inner = np.quantile(words, np.arange(1, BANDS) / BANDS)
    band_of = np.searchsorted(np.unique(inner), words, side="left")
    found = []
    for band in np.unique(band_of).tolist():
        here = band_of == band
        scores = score(targets[rows[here]], predictions[rows[here]])
        found.append(
            {
                "words": [int(words[here].min()), int(words[here].max())],
                "documents": scores.documents,
                "precision": scores.micro_precision,
                "recall": scores.micro_recall,
                "f1": scores.micro_f1,
            }
        )
    return found
