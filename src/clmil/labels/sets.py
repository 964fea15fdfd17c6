"""Distinct label sets: a corpus has far fewer of them than documents."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from scipy import sparse

Targets: TypeAlias = Any
"""(n, l) targets, a NumPy array or SciPy sparse: 1 relevant, 0 not, -1 unknown."""

CHUNK = 65_536
"""Documents made dense at once."""


@dataclass(frozen=True, eq=False)
class DistinctSets:
    """The u distinct label sets of n documents.

    A document without a known cell has the empty set too, but apart from those of which it is
    known that no label applies.

    Attributes:
        sets: (u, l) bool.
        annotated: (u,) bool, false where a label of the documents is unknown.
        inverse: (n,) int64, the set of each document.
        counts: (u,) int64, documents of each set.
        documents: (n,) int64, documents sorted by set.
        offsets: (u + 1,) int64; set k's documents are `documents[offsets[k]:offsets[k + 1]]`.

    """

    sets: np.ndarray
    annotated: np.ndarray
    inverse: np.ndarray
    counts: np.ndarray
    documents: np.ndarray
    offsets: np.ndarray

    @classmethod
    def of(cls, targets: Targets) -> "DistinctSets":
        """Find the distinct label sets of (n, l) targets; only 1 counts as relevant."""
        labels = targets.shape[1]
        packed = np.concatenate([np.packbits(rows, axis=1) for rows in _marked_rows(targets)])
        width = packed.shape[1]
        keys = packed.view(np.dtype((np.void, width))).ravel()
        distinct, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
        bits = distinct.view(np.uint8).reshape(len(distinct), width)
        rows = np.unpackbits(bits, axis=1, count=labels + 1).astype(bool)
        return cls(
            sets=rows[:, :labels],
            annotated=~rows[:, labels],
            inverse=inverse.astype(np.int64),
            counts=counts.astype(np.int64),
            documents=np.argsort(inverse, kind="stable").astype(np.int64),
            offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        )


def _marked_rows(targets: Targets) -> Iterator[np.ndarray]:
    """Yield bool blocks (<= CHUNK, l + 1): relevant labels, and whether a cell is unknown."""
    rows: Any = targets.tocsr() if sparse.issparse(targets) else np.asarray(targets)
    for start in range(0, max(rows.shape[0], 1), CHUNK):
        part = rows[start : start + CHUNK]
        block: np.ndarray = part.toarray() if sparse.issparse(part) else part
        unknown = (block < 0).any(axis=1, keepdims=True)
        yield np.concatenate([block == 1, unknown], axis=1)
