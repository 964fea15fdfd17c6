"""Texts that are nearly the same, by the cosine of their TF-IDF vectors.

A pair whose cosine is at least c shares a word among the rarest words of either text, those
that come before the rest of its unit vector has a norm below c (prefix filtering, Bayardo et al.,
2007). Only such pairs are compared: nothing is missed, and most pairs are never looked at.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from datasets import Dataset
from scipy import sparse

from clmil.data.inspection.texts import measure_texts

ROWS, PAIRS = 2048, 65_536
"""Documents whose candidates are looked for, and pairs that are compared, at once."""


def near_conflicts(
    documents: Dataset, targets: np.ndarray, *, least: float
) -> tuple[np.ndarray, np.ndarray]:
    """Find for every document the nearest text that is nearly the same and has other labels.

    Args:
        documents: column `text`, n annotated documents.
        targets: (n, l) int8; cells that are unknown (-1) in one of two texts do not differ.
        least: cosine from which on texts are nearly the same, in (0, 1].

    Returns:
        (n,) int64 rows, -1 where there is none, and (n,) float64 cosines, 0 there.
    """
    plain = measure_texts(documents).plain
    sets = np.unique(targets, axis=0, return_inverse=True)[1].ravel()
    keys = np.stack([plain, sets.astype(np.uint64)], axis=1)
    # Copies with the same labels are compared once, however many there are.
    first, member = np.unique(keys, axis=0, return_index=True, return_inverse=True)[1:]
    texts, labels = list(documents["text"]), targets[first]
    partner = np.full(len(first), -1, dtype=np.int64)
    nearest = np.zeros(len(first))
    for pairs, cosines in near_pairs([texts[int(row)] for row in first], least=least):
        one, two = labels[pairs[:, 0]], labels[pairs[:, 1]]
        differ = ((one != two) & (one >= 0) & (two >= 0)).any(axis=1)
        for here, there in ((0, 1), (1, 0)):
            _keep_nearest(partner, nearest, pairs[differ][:, [here, there]], cosines[differ])
    found, member = partner[member.ravel()], member.ravel()
    return np.where(found < 0, -1, first[found]), nearest[member]


def near_pairs(texts: Sequence[str], *, least: float) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (k, 2) int64 pairs of rows, the lower one first, and their (k,) cosines from `least`.

    Texts without a letter or digit are near to none.
    """
    vectors = _vectors(texts)
    if vectors is None:
        return
    rare = _rare_words(vectors, least)
    across = rare.T.tocsc()
    for start in range(0, len(texts), ROWS):
        shared = (rare[start : start + ROWS] @ across).tocoo()
        rows, columns = shared.row.astype(np.int64) + start, shared.col.astype(np.int64)
        pairs = np.stack([rows, columns], axis=1)[rows < columns]
        for at in range(0, len(pairs), PAIRS):
            some = pairs[at : at + PAIRS]
            cosines = np.asarray(
                vectors[some[:, 0]].multiply(vectors[some[:, 1]]).sum(axis=1)
            ).ravel()
            near = cosines >= least - 1e-9
            yield some[near], cosines[near]


def _vectors(texts: Sequence[str]) -> sparse.csr_matrix | None:
    """Return (n, v) rows of unit length, the rarest words first; None if there is no word."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(sublinear_tf=True, token_pattern=r"(?u)\w+")
    try:
        vectors: Any = vectorizer.fit_transform(texts)
    except ValueError:
        return None
    ordered: sparse.csr_matrix = vectors[:, np.argsort(-vectorizer.idf_, kind="stable")]
    ordered.sort_indices()
    return ordered


def _rare_words(vectors: sparse.csr_matrix, least: float) -> sparse.csr_matrix:
    """Leave out of every row its most frequent words, as long as their norm stays below `least`."""
    squares = np.concatenate([[0.0], np.cumsum(vectors.data.astype(np.float64) ** 2)])
    ends = np.repeat(squares[vectors.indptr[1:]], np.diff(vectors.indptr))
    kept = ends - squares[:-1] >= least**2 - 1e-9
    rare = vectors.copy()
    rare.data = np.where(kept, 1.0, 0.0)
    rare.eliminate_zeros()
    return rare


def _keep_nearest(
    partner: np.ndarray, nearest: np.ndarray, pairs: np.ndarray, cosines: np.ndarray
) -> None:
    """Note, for the first row of each pair, the second if none so far was nearer."""
    for (here, there), cosine in zip(pairs.tolist(), cosines.tolist(), strict=True):
        if cosine > nearest[here]:
            partner[here], nearest[here] = there, cosine
