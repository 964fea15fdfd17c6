"""What a review reads: documents with labels, and documents that wait for some."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from datasets import Dataset

from clmil.data.chunks import iter_chunks
from clmil.data.columns import Columns
from clmil.data.corpus import read_documents
from clmil.data.ids import ID, name_of, read_ids
from clmil.data.store import select_rows
from clmil.data.targets import encode_targets, is_annotated, label_counts
from clmil.errors import DataError


class Waiting(NamedTuple):
    """A document without labels; `own` tells whether it stands in the reviewed data."""

    id: str
    text: str
    own: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class ReviewMaterial:
    """Documents to review.

    Attributes:
        names: (l,) labels, the most frequent first.
        documents: n annotated ones, columns `text`, `labels`, `unknown`.
        ids: (n,) their names.
        targets: (n, l) int8, -1 unknown.
        waiting: documents without labels, those of the data first.
        notes: what was found in reading.
    """

    names: tuple[str, ...]
    documents: Dataset
    ids: tuple[str, ...]
    targets: np.ndarray
    waiting: tuple[Waiting, ...]
    notes: tuple[str, ...]


def read_material(
    data: str | Path, columns: Columns, part: str, unlabelled: Path | None
) -> ReviewMaterial:
    """Read a part of labelled data, and a file of texts without labels.

    Raises:
        DataError: if a file cannot be used, or there are fewer than two labels.
    """
    documents, notes = read_documents(data, columns=columns, part=part)
    names = tuple(label_counts(documents))
    if len(names) < 2:
        raise DataError(f"{data} has fewer than two labels; give data with at least two.")
    ids = read_ids(data, part=part)
    annotated = is_annotated(documents)
    labelled, rest = (select_rows(documents, mask, None) for mask in (annotated, ~annotated))
    outside = [] if unlabelled is None else _texts_of(unlabelled, columns)
    named = zip(np.flatnonzero(~annotated).tolist(), rest["text"], strict=True)
    return ReviewMaterial(
        names=names,
        documents=labelled,
        ids=tuple(ids[row] for row in np.flatnonzero(annotated).tolist()),
        targets=encode_targets(labelled, names, where=part, strict=False),
        waiting=(*(Waiting(ids[row], text, True) for row, text in named), *outside),
        notes=notes,
    )


def _texts_of(file: Path, columns: Columns) -> Iterator[Waiting]:
    rows = (row for chunk in iter_chunks(file, columns=columns) for row in chunk)
    for number, row in enumerate(rows, start=1):
        name = name_of(row.get(ID), f"{file.name}:{number}")
        yield Waiting(name, row[columns.text], False)
