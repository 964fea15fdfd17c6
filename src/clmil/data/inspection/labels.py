"""The label cells of a part, as pairs of row and column rather than a matrix."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from datasets import Dataset
from scipy import sparse

from clmil.data.inspection.texts import counted_rows
from clmil.data.store import read_column
from clmil.data.targets import is_annotated, label_counts
from clmil.labels.space import LabelSpace

SEED = 0
"""Of the 64 random bits a label, whose sums tell label sets apart."""


@dataclass(frozen=True, kw_only=True, eq=False)
class LabelCells:
    """Which document has which label.

    Attributes:
        labels: l, how many there are in all parts together.
        rows: (m,) int64, a document for each label that it has.
        columns: (m,) int64, the label.
        annotated: (n,) bool.
        unknown: cells marked unknown in annotated documents.
    """

    labels: int
    rows: np.ndarray
    columns: np.ndarray
    annotated: np.ndarray
    unknown: int

    @classmethod
    def of(cls, documents: Dataset, names: Sequence[str]) -> "LabelCells":
        """Read the labels of a part, `names` giving the columns."""
        rows, columns, start = [], [], 0
        values = pa.array(names, type=pa.string())
        for chunk in read_column(documents, "labels").chunks:
            flat = pc.index_in(pc.list_flatten(chunk).cast(pa.string()), value_set=values)
            parents = pc.list_parent_indices(chunk)
            rows.append(parents.to_numpy(zero_copy_only=False).astype(np.int64) + start)
            columns.append(flat.to_numpy(zero_copy_only=False).astype(np.int64))
            start += len(chunk)
        nothing = np.empty(0, dtype=np.int64)
        return cls(
            labels=len(names),
            rows=np.concatenate([nothing, *rows]),
            columns=np.concatenate([nothing, *columns]),
            annotated=is_annotated(documents),
            unknown=sum(label_counts(documents, "unknown").values()),
        )

    def counts(self) -> np.ndarray:
        """Return the (l,) int64 documents of each label."""
        return np.bincount(self.columns, minlength=self.labels)

    def sizes(self) -> np.ndarray:
        """Return the (n,) int64 labels of each document."""
        return np.bincount(self.rows, minlength=len(self.annotated))

    def set_keys(self) -> np.ndarray:
        """Return (n,) uint64 keys, equal for equal label sets."""
        rng = np.random.default_rng(SEED)
        codes = rng.integers(1, 2**64, size=self.labels, dtype=np.uint64)
        keys = np.zeros(len(self.annotated), dtype=np.uint64)
        np.add.at(keys, self.rows, codes[self.columns])
        return keys

    def together(self) -> sparse.csr_array:
        """Return the (l, l) int64 counts of documents with both labels."""
        ones = np.ones(len(self.rows), dtype=np.int64)
        shape = (len(self.annotated), self.labels)
        cells = sparse.csr_array((ones, (self.rows, self.columns)), shape=shape)
        return sparse.csr_array(cells.T @ cells)


def label_names(parts: Mapping[str, Dataset]) -> list[str]:
    """Return the labels of all parts, the most frequent of the first part first."""
    found: dict[str, None] = {}
    for documents in parts.values():
        found |= dict.fromkeys(label_counts(documents))
    return list(found)


def label_facts(cells: LabelCells) -> dict[str, Any]:
    """Return labels a document, distinct sets, and documents without annotation or label."""
    sizes = cells.sizes()[cells.annotated]
    repeats = np.unique(cells.set_keys()[cells.annotated], return_counts=True)[1]
    histogram = np.bincount(sizes) if len(sizes) else np.empty(0, dtype=np.int64)
    empty = cells.annotated & (cells.sizes() == 0)
    return {
        "annotated": int(cells.annotated.sum()),
        "unannotated": counted_rows(~cells.annotated),
        "without_label": counted_rows(empty),
        "unknown_cells": cells.unknown,
        "labels_a_document": {
            "mean": float(sizes.mean()) if len(sizes) else 0.0,
            "most": int(sizes.max(initial=0)),
            "histogram": histogram.tolist(),
        },
        "label_sets": {"distinct": len(repeats), "once": int((repeats == 1).sum())},
    }


def label_rows(names: Sequence[str], cells: Mapping[str, LabelCells]) -> list[dict[str, Any]]:
    """Return name, frequency group (Table 6, scaled) and documents in each part, of each label."""
    counts = {part: found.counts() for part, found in cells.items()}
    first = next(iter(counts))
    space = LabelSpace(
        names=tuple(names),
        descriptions=("",) * len(names),
        counts=tuple(counts[first].tolist()),
        documents=max(int(cells[first].annotated.sum()), 1),
    )
    group = {int(column): name for name, found in space.groups().items() for column in found}
    return [
        {"name": name, "group": group[k], **{part: int(counts[part][k]) for part in counts}}
        for k, name in enumerate(names)
    ]
