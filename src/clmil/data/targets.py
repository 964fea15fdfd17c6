"""Label lists to target matrices and counts, vectorised over Arrow."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from datasets import Dataset

from clmil.data.store import read_column
from clmil.errors import DataError


def encode_targets(documents: Dataset, names: Sequence[str], *, where: str) -> np.ndarray:
    """Return the (n, l) int8 targets: 1 relevant, 0 not, -1 unknown.

    A document that nobody has annotated is a row of -1. An unknown mark for a label that is
    not among `names` masks nothing.

    Args:
        documents: columns `labels` and `unknown`.
        names: (l,) label names, the order of the columns.
        where: the part, for messages.

    Raises:
        DataError: if a document has a label that is not among `names`.
    """
    labels = _lists(documents, "labels")
    rows, flat = _cells(labels)
    columns = pc.index_in(flat, value_set=pa.array(names, type=pa.string()))
    if columns.null_count:
        raise _unseen(flat, rows, columns, where)
    targets = np.zeros((len(documents), len(names)), dtype=np.int8)
    targets[rows, columns.to_numpy(zero_copy_only=False)] = 1
    targets[labels.is_null().to_numpy(zero_copy_only=False)] = -1
    rows, flat = _cells(_lists(documents, "unknown"))
    masked = pc.index_in(flat, value_set=pa.array(names, type=pa.string()))
    known = masked.is_valid().to_numpy(zero_copy_only=False)
    targets[rows[known], masked.drop_null().to_numpy(zero_copy_only=False)] = -1
    return targets


def label_counts(documents: Dataset, column: str = "labels") -> dict[str, int]:
    """Return how many documents have each label, the most frequent first, ties by name.

    Args:
        documents: columns `labels` and `unknown`.
        column: `labels`, or `unknown` to count how many documents leave a label unknown.
    """
    _, flat = _cells(_lists(documents, column))
    counted = flat.value_counts()
    pairs = zip(
        counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True
    )
    return dict(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))


def is_annotated(documents: Dataset) -> np.ndarray:
    """Return the (n,) bool mask of documents that somebody has annotated."""
    mask: np.ndarray = _lists(documents, "labels").is_valid().to_numpy(zero_copy_only=False)
    return mask


def _lists(documents: Dataset, name: str) -> pa.ListArray:
    chunks = read_column(documents, name).cast(pa.list_(pa.string())).chunks
    return pa.concat_arrays(chunks) if chunks else pa.array([], type=pa.list_(pa.string()))


def _cells(lists: pa.ListArray) -> tuple[np.ndarray, pa.StringArray]:
    """Return the row and the name of every label that a document has."""
    rows = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False)
    return rows, pc.list_flatten(lists)


def _unseen(
    flat: pa.StringArray, rows: np.ndarray, columns: pa.Int32Array, where: str
) -> DataError:
    """Return the error for labels that have no column."""
    missing = columns.is_null()
    names = flat.filter(missing).unique().to_pylist()
    first = int(rows[int(np.argmax(missing.to_numpy(zero_copy_only=False)))]) + 1
    listed = ", ".join(map(repr, names[:5])) + (f" and {len(names) - 5} more" * (len(names) > 5))
    plural = "labels" if len(names) > 1 else "label"
    return DataError(
        f"the {where} part has the {plural} {listed} (first in its document {first}), which "
        "training has never seen; add training documents with it or remove it there."
    )
