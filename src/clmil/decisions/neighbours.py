"""Nearest training texts that vote beside a network (CL-BERT+kNN, Su et al. 2022)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from clmil.decisions.metrics import count, ratios, threshold
from clmil.errors import DataError

COUNTS = (5, 10, 20, 30, 50)
WEIGHTS = tuple(step / 10 for step in range(11))
"""The grid that `tune` searches."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """The nearest texts of q queries, nearest first.

    Attributes:
        distances: (q, k) float64, Euclidean.
        rows: (q, k) int64, rows of the store.
    """

    distances: np.ndarray
    rows: np.ndarray

    def first(self, number: int) -> "Found":
        """Return the nearest `number` of them."""
        return Found(distances=self.distances[:, :number], rows=self.rows[:, :number])


@dataclass(frozen=True, kw_only=True)
class NeighbourChoice:
    """How neighbours are mixed in, and the micro-F1 on validation that it was chosen by."""

    neighbours: int = 30
    weight: float = 0.5
    temperature: float = 1.0
    normalise: bool = False
    micro_f1: float | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class NeighbourStore:
    """The training part as a trained network sees it.

    Attributes:
        texts: (n, h) float32 representations, made in eval mode.
        targets: (n, l) int8, 1 relevant, 0 not, -1 unknown.
        normalise: `texts` have unit length, and so are queries given.

    Raises:
        DataError: if the two do not have the same number of rows, or none.
    """

    texts: np.ndarray
    targets: np.ndarray
    normalise: bool = False

    @classmethod
    def of(cls, texts: np.ndarray, targets: np.ndarray, *, normalise: bool = False) -> Self:
        """Make a store of representations as a network gives them."""
        stored = unit_length(texts) if normalise else texts
        return cls(texts=stored, targets=targets, normalise=normalise)

    def __post_init__(self) -> None:
        if not 0 < len(self.texts) == len(self.targets):
            raise DataError(
                f"the neighbour store has {len(self.texts)} texts and {len(self.targets)} rows of "
                "labels; give one row of labels for each of at least one text."
            )

    def nearest(self, queries: np.ndarray, k: int, *, own: np.ndarray | None = None) -> Found:
        """Find the k nearest texts, or all where there are fewer, in bounded memory.

        Args:
            queries: (q, h) float32.
            k: how many.
            own: (q,) int64, for queries out of the store: the row of each, which is never
                among its own neighbours; -1 for others.
        """
        from sklearn.neighbors import NearestNeighbors

        size = len(self.texts)
        wanted = min(k + (own is not None), size)
        index = NearestNeighbors(algorithm="brute").fit(self.texts)
        queries = unit_length(queries) if self.normalise else queries
        distances, rows = index.kneighbors(queries, wanted)
        if own is not None:
            # A stable sort moves a query's own row, or else the farthest, to the end.
            order = np.argsort(rows == own[:, None], axis=1, kind="stable")[:, : min(k, size - 1)]
            distances, rows = (
                np.take_along_axis(part, order, axis=1) for part in (distances, rows)
            )
        return Found(distances=distances.astype(np.float64), rows=rows.astype(np.int64))

    def vote(self, found: Found, temperature: float = 1.0) -> np.ndarray:
        """Return what the neighbours say, (q, l) float64: sum of alpha_i y_i.

        alpha = softmax(-distance / temperature). Neighbours that do not know a label have no
        vote on it, and NaN stands where none does.
        """
        scores = -found.distances / temperature
        alpha = np.exp(scores - scores.max(axis=1, keepdims=True, initial=-np.inf))
        targets = self.targets[found.rows]
        known = np.einsum("qk,qkl->ql", alpha, (targets >= 0).astype(np.float64))
        votes = np.einsum("qk,qkl->ql", alpha, (targets == 1).astype(np.float64))
        result: np.ndarray = np.full_like(votes, np.nan)
        np.divide(votes, known, out=result, where=known > 0)
        return result


def unit_length(texts: np.ndarray) -> np.ndarray:
    """Scale (n, h) rows to unit length, in their dtype; a row of zeros stays."""
    lengths = np.linalg.norm(texts, axis=1, keepdims=True)
    scaled: np.ndarray = texts / np.where(lengths > 0, lengths, 1)
    return scaled


def mix(probabilities: np.ndarray, votes: np.ndarray, weight: float) -> np.ndarray:
    """Return weight * votes + (1 - weight) * probabilities, (q, l), in their dtype.

    Where no neighbour votes (NaN), and everywhere at weight 0, the probability stays as it is.
    """
    if not weight:
        return probabilities
    mixed = weight * votes + (1.0 - weight) * probabilities
    return np.where(np.isnan(votes), probabilities, mixed).astype(probabilities.dtype)


def tune(
    store: NeighbourStore,
    found: Found,
    probabilities: np.ndarray,
    targets: np.ndarray,
    *,
    temperature: float = 1.0,
    counts: Sequence[int] = COUNTS,
    weights: Sequence[float] = WEIGHTS,
) -> NeighbourChoice:
    """Choose number and weight of the neighbours by micro-F1 at 0.5 on validation.

    Among equals the smaller weight wins, then the smaller number.

    Args:
        store: the training part.
        found: at least `max(counts)` neighbours of the validation texts.
        probabilities: (q, l) of the network alone.
        targets: (q, l) int8, -1 unknown (counts nowhere).
        temperature: of the vote.
        counts: numbers of neighbours to try.
        weights: shares of the vote to try.
    """
    tried = []
    for number in counts:
        votes = store.vote(found.first(number), temperature)
        for weight in weights:
            f1 = _micro_f1(targets, mix(probabilities, votes, weight))
            tried.append((-f1, weight, number))
    worst, weight, number = min(tried)
    return NeighbourChoice(
        neighbours=number,
        weight=weight,
        temperature=temperature,
        normalise=store.normalise,
        micro_f1=-worst,
    )


def _micro_f1(targets: np.ndarray, probabilities: np.ndarray) -> float:
    counts = count(targets, threshold(probabilities))
    return float(ratios(counts.tp.sum(), counts.fp.sum(), counts.fn.sum())[2])
