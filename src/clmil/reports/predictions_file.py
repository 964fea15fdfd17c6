"""Scoring a file that `clmil predict` wrote, without its model."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset

from clmil.data.columns import Columns
from clmil.data.corpus import read_documents
from clmil.data.formats import LIST_MARK
from clmil.data.records import Record, iter_records
from clmil.data.targets import is_annotated, label_counts
from clmil.errors import DataError
from clmil.labels.space import LabelSpace
from clmil.reports.outcome import Outcome, annotated_targets, left_out

LABELS, PROBABILITIES = "predicted_labels", "probabilities"
"""The columns that `clmil predict` adds."""


def read_outcome(path: Path, *, columns: Columns) -> tuple[Outcome, Dataset, tuple[str, ...]]:
    """Read predictions beside labels; with the documents and notes to say aloud.

    Labels are grouped by their frequency in the file itself, as it does not tell that of training.

    Raises:
        DataError: with file and line, if a row lacks what `clmil predict` adds, or a label has no
            probability.
    """
    names, probabilities, decided = _read(path)
    columns = replace(columns, known=frozenset(names))
    documents, notes = read_documents(str(path), columns=columns)
    counts = label_counts(documents)
    space = LabelSpace(
        names=names,
        descriptions=("",) * len(names),
        counts=tuple(counts.get(name, 0) for name in names),
        documents=int(is_annotated(documents).sum()),
    )
    outcome = Outcome(
        name=path.name,
        space=space,
        targets=annotated_targets(documents, space, where=path.name),
        raw=probabilities,
        probabilities=probabilities,
        predictions=decided,
        rule=None,
    )
    told = "Head, mid and tail labels are told by their frequency in the file."
    notes = (*notes, *left_out(outcome.targets, names, path.name), told)
    return outcome.known(), documents, notes


def _read(path: Path) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """Return label names, (n, l) float32 probabilities and (n, l) int8 predictions."""
    names: tuple[str, ...] = ()
    rows, marks = [], []
    for record in iter_records(path):
        where = f"{path}, line {record.line}"
        given, chosen = (_plain(record, name, where) for name in (PROBABILITIES, LABELS))
        names = names or tuple(given)
        rows.append(_row(given, names, where))
        marks.append(_mark(chosen, names, where))
    return names, np.stack(rows), np.stack(marks)


def _plain(record: Record, name: str, where: str) -> Any:
    """Return a cell; in CSV, mappings are JSON and lists are joined."""
    value, kind = record.values.get(name), dict if name == PROBABILITIES else list
    try:
        if isinstance(value, str):
            joined = value.split(LIST_MARK) if value else []
            value = json.loads(value) if kind is dict else joined
    except ValueError:
        value = None
    if not isinstance(value, kind):
        raise DataError(
            f"{where}: the column {name!r} is missing or of another form; "
            "give a file that `clmil predict` wrote."
        )
    return value


def _row(given: dict[str, Any], names: Sequence[str], where: str) -> np.ndarray:
    try:
        if len(given) != len(names):
            raise KeyError
        row = np.array([given[name] for name in names], dtype=np.float32)
    except (KeyError, TypeError, ValueError):
        row = np.array([np.nan])
    if not ((row >= 0) & (row <= 1)).all():
        raise DataError(
            f"{where}: the probabilities are not those of the same labels as in the first row, "
            "each a number between 0 and 1; give a file that one `clmil predict` wrote."
        )
    return row


def _mark(chosen: list[Any], names: Sequence[str], where: str) -> np.ndarray:
    given = set(chosen)
    unknown = sorted(map(str, given - set(names)))
    if unknown:
        raise DataError(
            f"{where}: the predicted label {unknown[0]!r} has no probability; "
            "give a file that `clmil predict` wrote."
        )
    return np.array([name in given for name in names], dtype=np.int8)
