"""Label lists to target matrices and counts, vectorised over Arrow."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from datasets import Dataset

from clmil.data.layout import DELIMITERS
from clmil.data.store import read_column
from clmil.errors import DataError, listed, nearest

REMOVE = "remove the mark there."


def encode_targets(
    documents: Dataset, names: Sequence[str], *, where: str, strict: bool = True
) -> np.ndarray:
    """Return the (n, l) int8 targets: 1 relevant, 0 not, -1 unknown.

    A document that nobody has annotated is a row of -1.

    Args:
        documents: columns `labels` and `unknown`.
        names: (l,) label names, the order of the columns.
        where: the part, for messages.
        strict: refuse to mark a label unknown that is not among `names`; otherwise such a mark
            masks nothing.

    Raises:
        DataError: if a document has a label that is not among `names`, or marks one unknown.
    """
    labels = _lists(documents, "labels")
    rows, flat = _cells(labels)
    columns = pc.index_in(flat, value_set=pa.array(names, type=pa.string()))
    if columns.null_count:
        raise DataError(
            f"the {where} part has {_foreign(flat, rows, columns)}, which "
            "training has never seen; add training documents with it or remove it there"
            f"{_cut(flat.filter(columns.is_null())[0].as_py(), names)}."
        )
    targets = np.zeros((len(documents), len(names)), dtype=np.int8)
    targets[rows, columns.to_numpy(zero_copy_only=False)] = 1
    targets[labels.is_null().to_numpy(zero_copy_only=False)] = -1
    rows, flat = _cells(_lists(documents, "unknown"))
    masked = pc.index_in(flat, value_set=pa.array(names, type=pa.string()))
    if strict and masked.null_count:
        raise DataError(
            f"the {where} part marks as unknown {_foreign(flat, rows, masked)}, which no training "
            f"document carries; {nearest(flat.filter(masked.is_null())[0].as_py(), names, REMOVE)}"
        )
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


def _foreign(flat: pa.StringArray, rows: np.ndarray, columns: pa.Int32Array) -> str:
    """Name the labels that have no column, and the first document with one."""
    missing = columns.is_null()
    names = flat.filter(missing).unique().to_pylist()
    first = int(rows[int(np.argmax(missing.to_numpy(zero_copy_only=False)))]) + 1
    plural = "labels" if len(names) > 1 else "label"
    return f"the {plural} {listed([*map(repr, names)])} (first in its document {first})"


def _cut(name: str, names: Sequence[str]) -> str:
    """Advise on the delimiter if a name and a known one seem to be parts of each other."""
    inside = (known for known in names if _holds(known, name) or _holds(name, known))
    known = next(inside, None)
    return "" if known is None else f", or, as {known!r} is a label, name the right delimiter"


def _holds(whole: str, part: str) -> bool:
    pieces = {whole}.union(*(whole.split(mark) for mark in DELIMITERS))
    return part != whole and part in {piece.strip() for piece in pieces}
