"""One record to one checked document: text, labels, unknown labels."""

import json
from array import array
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from clmil.data.ids import ID, name_of
from clmil.data.layout import Layout, read_flag
from clmil.data.records import Record
from clmil.data.sources import Source
from clmil.data.values import read_names, read_text, shorten
from clmil.errors import DataError

NOT_ANNOTATED = "null"
"""The label cell of a CSV file that says that nobody has annotated the document."""

NOTHING = ("null", "nan", "none", "n/a", "na", "nil")
"""Label names that other programs write, in any case, for an empty cell."""


class Row(NamedTuple):
    """A document; `labels` is None where nobody has annotated it."""

    text: str
    labels: list[str] | None
    unknown: list[str]


class RowParser:
    """Checks the records of one source and counts what the user should know."""

    def __init__(self, layout: Layout, source: Source) -> None:
        self.layout, self.columns, self.source = layout, layout.columns, source
        self.rows = self.filled = self.merged = self.empty = self.unannotated = 0
        self.without_column = sorted(self.columns.known.difference(self.columns.label_columns))
        self.nothing = 0
        self.names_of_nothing: set[str] = set()
        self.ids = array("q")  # a hash a document, as ids of a large corpus take much memory

    def rows_of(self) -> Iterator[Row]:
        """Yield the documents of the source.

        Raises:
            DataError: with file and line, at the first that is not usable; or if no text
                has a character.
        """
        for record in self.source.records():
            yield self.parse(record)
        if not self.filled:
            raise DataError(
                f"{self.source.name}: every text in the column {self.columns.text!r} is blank; "
                "name the column that holds the texts."
            )

    def parse(self, record: Record) -> Row:
        """Return one checked document.

        Raises:
            DataError: with file and line, if text or labels are not usable.
        """
        place = self.source.place(record.line)
        text = read_text(record.values, self.columns.text, place)
        if self.layout.form == "flags":
            labels, unknown = self._flags(record.values, place)
        else:
            labels = self._names(record.values, self.columns.labels, place)
            unknown = self._names(record.values, "unknown", place) or []
        both = set(unknown).intersection(labels or ())
        if both:
            raise DataError(
                f"{place}: the label {min(both)!r} is given and marked unknown; keep one of both."
            )
        self.ids.append(hash(name_of(record.values.get(self.columns.id or ID), "")))
        self.rows += 1
        self.filled += not text.isspace() and text != ""
        self.unannotated += labels is None
        return Row(text, labels, [] if labels is None else unknown)

    def notes(self) -> tuple[str, ...]:
        """Return what was decided about the rows seen so far, a sentence each."""
        name = self.source.name
        spelt = ", ".join(map(repr, sorted(self.names_of_nothing)))
        said = (
            (self.empty, "have an empty label cell, taken as 'no label applies' (write null for "
             "'not annotated')"),
            (self.unannotated, "are not annotated; they count neither in training nor in scores"),
            (self.merged, "name a label twice; it counts once"),
            (self.nothing, f"have the label {spelt}, taken as a name (write null in lower case "
             "for 'not annotated')"),
            self._repeated_ids(),
        )  # fmt: skip
        return tuple(f"{name}: {count:,} documents {what}." for count, what in said if count)

    def _repeated_ids(self) -> tuple[int, str]:
        ids = np.array(self.ids)
        later = np.setdiff1d(np.flatnonzero(ids), np.unique(ids, return_index=True)[1])
        first = f"{later[0] + 1:,}" if len(later) else ""  # without an id the hash is 0
        return len(later), f"have the id of an earlier one (first: document {first})"

    def _flags(self, values: Mapping[str, Any], place: str) -> tuple[list[str] | None, list[str]]:
        flags: dict[str, bool | None] = {}
        for name in self.columns.label_columns:
            try:
                flags[name] = read_flag(values.get(name))
            except ValueError:
                raise DataError(
                    f"{place}: the label column {name!r} holds {shorten(values[name])}; "
                    "it may hold 0, 1 or nothing (unknown)."
                ) from None
        unknown = [name for name, flag in flags.items() if flag is None]
        if len(unknown) == len(flags):
            return None, []
        return [name for name, flag in flags.items() if flag], unknown + self.without_column

    def _names(self, values: Mapping[str, Any], column: str, place: str) -> list[str] | None:
        value = values.get(column)
        if isinstance(value, str) and self.layout.form != "list":
            value = self._split(value, column, place)
        if value is None:
            return None
        names = read_names(value, column, place)
        distinct = list(dict.fromkeys(names))
        self.merged += len(distinct) < len(names)
        return distinct

    def _split(self, cell: str, column: str, place: str) -> Any:
        cell = cell.strip()
        if cell == NOT_ANNOTATED:
            return None
        if not cell:
            self.empty += column == self.columns.labels
            return []
        if self.layout.form == "json":
            try:
                return json.loads(cell)
            except ValueError:
                raise DataError(
                    f"{place}: the column {column!r} holds {shorten(cell)}, which begins like a "
                    'JSON list and is none; write ["a", "b"] or a|b.'
                ) from None
        names = [cell]
        if self.columns.delimiter is not None and cell not in self.columns.known:
            # A delimiter after the last name adds none.
            parts = cell.removesuffix(self.columns.delimiter).split(self.columns.delimiter)
            names = [part.strip() for part in parts]
        found = {name for name in names if name.casefold() in NOTHING}
        self.nothing += bool(found)
        self.names_of_nothing |= found
        return names
