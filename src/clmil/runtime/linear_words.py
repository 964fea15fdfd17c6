"""Words of a text for a linear model: its own weights times TF-IDF, which is exact."""

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from math import log

import numpy as np

from clmil.runtime.evidence import Evidence
from clmil.storage.linear import LinearWeights

TERM = re.compile(r"(?u)\b\w\w+\b")
"""What scikit-learn's TfidfVectorizer takes for a word."""


class LinearWords:
    """Splits the margin of a label over the words of a text; with the bias they add up to it."""

    method = "linear-weights"

    def __init__(self, weights: LinearWeights) -> None:
        self.weights = weights

    def words(self, text: str, columns: Sequence[int], top: int | None = None) -> Evidence:  # noqa: ARG002
        """Score all words of a text.

        A term that occurs n times gives each occurrence an n-th of its part, a pair of words
        gives each of them half.
        """
        found = [(word.span(), word.group().lower()) for word in TERM.finditer(text)]
        places = self._places([word for _, word in found])
        rows = np.array(sorted(places), dtype=np.int64)
        counts = np.array([len(places[row]) for row in rows.tolist()])
        values = np.array([1 + log(count) for count in counts]) * self._frequency[rows]
        values = values / max(float(np.linalg.norm(values)), 1e-12)
        parts = values[:, None] * self.weights.weights[rows][:, list(columns)] / counts[:, None]
        scores = np.zeros((len(columns), len(found)))
        for row, part in zip(rows.tolist(), parts, strict=True):
            for place in places[row]:
                scores[:, list(place)] += (part / len(place))[:, None]
        return Evidence([span for span, _ in found], scores)

    @property
    def _frequency(self) -> np.ndarray:
        return self.weights.inverse_frequency

    @cached_property
    def _index(self) -> dict[str, int]:
        return {term: row for row, term in enumerate(self.weights.terms)}

    def _places(self, words: list[str]) -> dict[int, list[tuple[int, ...]]]:
        """Return where each term of the model occurs, as places of its words."""
        places: dict[int, list[tuple[int, ...]]] = defaultdict(list)
        occurrences: list[tuple[int, ...]] = [(place,) for place in range(len(words))]
        if self.weights.pairs:
            occurrences += [(place, place + 1) for place in range(len(words) - 1)]
        for occurrence in occurrences:
            row = self._index.get(" ".join(words[place] for place in occurrence))
            if row is not None:
                places[row].append(occurrence)
        return places
