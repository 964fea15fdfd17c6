"""How a source writes its labels: as lists, as delimited strings or as 0/1 columns."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any, Literal

from clmil.data.columns import Columns, missing_column
from clmil.data.sources import Source
from clmil.errors import DataError

Form = Literal["list", "json", "delimited", "single", "flags"]

DELIMITERS = ("|", "\t", ";", ",")
"""What is looked for between label names; the first one that occurs is taken."""

FLAGS: dict[str, bool | None] = {
    **dict.fromkeys(("1", "1.0", "true"), True),
    **dict.fromkeys(("0", "0.0", "false"), False),
    **dict.fromkeys(("", "nan", "null"), None),
}
"""What a cell of a 0/1 column may hold; an empty one leaves the label unknown."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The form of the labels.

    Attributes:
        columns: names, with the delimiter or the 0/1 columns that were found filled in.
        form: `list`; `json`, a list written as a string; `delimited`; `single`, a string
            that is one label; `flags`, a 0/1 column a label.
        notes: what was found rather than given, to be said aloud.
    """

    columns: Columns
    form: Form
    notes: tuple[str, ...] = ()


def resolve_layout(source: Source, columns: Columns) -> Layout:
    """Find out how a source writes its labels, reading no more of it than necessary.

    Raises:
        DataError: if a column is missing, with the nearest one that is there.
    """
    _check_present(source, columns)
    if columns.label_columns:
        return Layout(columns=columns, form="flags")
    present, value = _first_labels(source, columns.labels)
    if not present:
        return _flag_layout(source, columns)
    if not isinstance(value, str):
        return Layout(columns=columns, form="list")
    if columns.delimiter is not None:
        return Layout(columns=columns, form="delimited")
    return _string_layout(source, columns)


def resolve_like(train: Layout, source: Source) -> Layout:
    """Return the layout of a held-out source, its labels split as in the train source.

    Raises:
        DataError: if a column is missing.
    """
    if train.form == "single":
        return replace(train, notes=())
    return resolve_layout(source, train.columns)


def read_flag(value: Any) -> bool | None:
    """Return what a cell of a 0/1 column says, None for an empty one.

    Raises:
        ValueError: if it is none of 0, 1, true, false and empty.
    """
    cell = "" if value is None else str(value).strip().lower()
    if cell not in FLAGS:
        raise ValueError(cell)
    return FLAGS[cell]


def _check_present(source: Source, columns: Columns) -> None:
    first = next(source.records())
    if columns.id is not None and columns.id not in first.values:
        raise missing_column(columns.id, "id", first.values, source.name)
    for name in columns.label_columns:
        if name not in first.values:
            raise missing_column(name, "label", first.values, source.name)
    if len(set(columns.label_columns)) < len(columns.label_columns):
        raise DataError("a label column is named twice; name each one once.")


def _first_labels(source: Source, column: str) -> tuple[bool, Any]:
    """Return whether the column is there, and its first value that is not null."""
    present = False
    for record in source.records():
        present = present or column in record.values
        value = record.values.get(column)
        if value is not None:
            return True, value
    return present, None


def _string_layout(source: Source, columns: Columns) -> Layout:
    cells, lists = 0, 0
    found: Counter[str] = Counter()
    of_unknown: Counter[str] = Counter()
    for record in source.records():
        cell = record.values.get(columns.labels)
        if isinstance(cell, str) and cell.strip():
            cells += 1
            lists += cell.strip()[0] == "["
            if cell.strip() not in columns.known:
                found.update(mark for mark in DELIMITERS if mark in cell.strip())
        hidden = record.values.get("unknown")
        if isinstance(hidden, str):
            of_unknown.update(mark for mark in DELIMITERS if mark in hidden.strip())
    where = f"{source.name}: the label column {columns.labels!r}"
    if cells and lists == cells:
        return Layout(columns=columns, form="json")
    found = found or of_unknown  # one label each, and several unknown ones
    if not found:
        apart = " outside the model's labels," if columns.known else ""
        note = f"{where} holds none of | tab ; ,{apart} so each cell is taken as one label."
        return Layout(columns=columns, form="single", notes=(note,))
    delimiter, *others = (mark for mark in DELIMITERS if found[mark])
    also = f" ({' '.join(map(repr, others))} occurs too and stays in the names)" if others else ""
    note = f"{where} is split at {delimiter!r}, found in {found[delimiter]:,} cells{also}."
    return Layout(columns=replace(columns, delimiter=delimiter), form="delimited", notes=(note,))


def _flag_layout(source: Source, columns: Columns) -> Layout:
    """Take all other columns as labels if they hold 0 and 1 only."""
    fits: dict[str, bool] = {}
    for record in source.records():
        for column, value in record.values.items():
            fits[column] = fits.get(column, True) and _is_flag(value)
    # A column without a name is the row number that pandas writes.
    apart = {columns.text, columns.id, "", "id", "Id", "ID"}
    names = tuple(column for column in fits if column not in apart)
    if columns.text not in fits:
        raise missing_column(columns.text, "text", fits, source.name)
    if not names or not all(fits[name] for name in names):
        raise missing_column(columns.labels, "label", fits, source.name)
    note = (
        f"{source.name}: there is no column {columns.labels!r}, so the {len(names)} columns of "
        f"0 and 1 are taken as labels, from {names[0]!r} to {names[-1]!r}."
    )
    return Layout(columns=replace(columns, label_columns=names), form="flags", notes=(note,))


def _is_flag(value: Any) -> bool:
    return value is None or str(value).strip().lower() in FLAGS
