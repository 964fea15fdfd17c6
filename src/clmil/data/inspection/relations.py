"""Labels that come together: aliases, implications, and how often one comes with another."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

LEAST_DOCUMENTS = 5
"""Documents of a label below which nothing is concluded from the company it keeps."""

NEARLY_ALWAYS = 0.95
"""Share of a label's documents that makes it imply another."""

MOST_SHOWN = 40
"""Labels of the heat map."""


def alias_groups(names: Sequence[str], together: sparse.csr_array) -> list[list[str]]:
    """Return groups of labels that stand on exactly the same documents.

    Args:
        names: (l,) label names.
        together: (l, l) documents with both labels, the diagonal with each.
    """
    counts = together.diagonal()
    first, second, both = _pairs(together)
    same = (counts[first] == both) & (counts[second] == both)
    graph = sparse.coo_array(
        (np.ones(same.sum()), (first[same], second[same])), shape=together.shape
    )
    number, group = connected_components(graph, directed=False)
    sizes = np.bincount(group, minlength=number)
    return [
        [names[k] for k in np.flatnonzero(group == found).tolist()]
        for found in np.flatnonzero(sizes > 1)
    ]


def implications(names: Sequence[str], together: sparse.csr_array) -> list[dict[str, Any]]:
    """Return labels that (nearly) always come with another one; aliases are left out.

    The surest come first, then those with most documents.
    """
    counts = together.diagonal()
    first, second, both = _pairs(together)
    share = both / counts[first]
    found = (share >= NEARLY_ALWAYS) & ~((counts[first] == both) & (counts[second] == both))
    order = np.lexsort((-counts[first], -share))
    return [
        {
            "label": names[first[k]],
            "implies": names[second[k]],
            "share": float(share[k]),
            "documents": int(counts[first[k]]),
        }
        for k in order[found[order]]
    ]


def frequent_matrix(names: Sequence[str], together: sparse.csr_array) -> dict[str, Any]:
    """Return the most frequent labels and the share of a row's documents with a column's label.

    The matrix is (k, k), k at most `MOST_SHOWN`; a label without a document has a row of 0.
    """
    counts = together.diagonal()
    top = np.argsort(-counts, kind="stable")[:MOST_SHOWN]
    dense = together[top][:, top].toarray()
    share = dense / np.maximum(counts[top], 1)[:, None]
    return {"labels": [names[k] for k in top], "share": np.round(share, 4).tolist()}


def _pairs(together: sparse.csr_array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return first label, second label and common documents, of frequent firsts only."""
    cells = together.tocoo()
    counts = together.diagonal()
    kept = (cells.row != cells.col) & (counts[cells.row] >= LEAST_DOCUMENTS)
    return cells.row[kept], cells.col[kept], cells.data[kept]
