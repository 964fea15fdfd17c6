"""Rows as JSON Lines, CSV or Parquet."""

import base64
import csv
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self, TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from clmil.data.values import shorten
from clmil.errors import DataError

LIST_MARK = "|"
"""Joins the elements of a list in a CSV or TSV cell."""

JOINED = (".csv", ".tsv")
"""Forms whose cells hold lists that way."""

NESTED = (dict, list, tuple, type(None))
"""What a list in such a cell may hold only as JSON; pairs are those of a Parquet map."""


class JsonWriter:
    """Writes one JSON object a line; bytes as Base64, numbers that are not finite as null."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, rows: list[dict[str, Any]]) -> None:
        """Append rows."""
        self.stream.writelines(_json(row) + "\n" for row in rows)


class CsvWriter:
    """Writes cells; lists are joined by `|`, mappings and nested lists become JSON."""

    def __init__(self, path: Path, stream: TextIO, delimiter: str) -> None:
        self.path, self.stream, self.delimiter = path, stream, delimiter
        self.header: list[str] = []
        self.rows = 0

    def write(self, rows: list[dict[str, Any]]) -> None:
        """Append rows."""
        writer, quoting = (
            csv.writer(self.stream, delimiter=self.delimiter, lineterminator="\n", quoting=how)
            for how in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL)
        )
        if rows and not self.header:
            self.header = list(rows[0])
            writer.writerow(self.header)
        _check_columns(self.path, rows, self.header, before=self.rows)
        for row in rows:
            cells = [_cell(self.path, row.get(column)) for column in self.header]
            bare = any(isinstance(cell, str) and "\r" in cell for cell in cells)
            (quoting if bare else writer).writerow(cells)  # before 3.13 csv leaves \r unquoted
        self.rows += len(rows)


class ParquetWriter:
    """Writes Parquet with the types of `known`; those of other columns come from the first chunk.

    A value that its column's type cannot hold unchanged is refused.
    """

    def __init__(self, path: Path, temporary: Path, known: pa.Schema | None = None) -> None:
        self.path, self.temporary = path, temporary
        self.known = {field.name: field for field in known or ()}
        self.writer: pq.ParquetWriter | None = None
        self.rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        if self.writer is not None:
            self.writer.close()
        elif failure[0] is None:
            pq.write_table(pa.table({}), self.temporary)

    def write(self, rows: list[dict[str, Any]]) -> None:
        """Append rows."""
        if not rows:
            return
        header = list(rows[0]) if self.writer is None else self.writer.schema.names
        _check_columns(self.path, rows, header, before=self.rows)
        try:
            if self.writer is None:
                schema = pa.schema([self._field(name, rows) for name in header])
                self.writer = pq.ParquetWriter(self.temporary, schema)
            schema = self.writer.schema
            columns = [self._column(field, rows) for field in schema]
            self.writer.write_table(pa.Table.from_arrays(columns, schema=schema))
        except pa.ArrowException as error:
            raise DataError(
                f"{self.path}: Parquet cannot hold these columns "
                f"({str(error).partition(chr(10))[0].rstrip('.')}); write .jsonl instead."
            ) from error
        self.rows += len(rows)

    def _field(self, name: str, rows: list[dict[str, Any]]) -> pa.Field:
        return self.known.get(name) or pa.field(name, _inferred([row.get(name) for row in rows]))

    def _column(self, field: pa.Field, rows: list[dict[str, Any]]) -> pa.Array:
        values = [row.get(field.name) for row in rows]
        column = _unchanged(values, field.type)
        if column is not None:
            return column
        faults = (k for k, value in enumerate(values) if _unchanged([value], field.type) is None)
        fault = next(faults, 0)
        raise DataError(
            f"{self.path}, row {self.rows + fault + 1:,}: the column {field.name!r} holds "
            f"{shorten(values[fault])}, which its type in Parquet, {field.type}, cannot hold "
            "unchanged; give the column one type or write .jsonl instead."
        )


def _unchanged(values: list[Any], kind: pa.DataType) -> pa.Array | None:
    """Return values as Arrow, or None if one does not fit or would be altered."""
    try:
        column = pa.array(values, kind)
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        return None
    if pa.types.is_floating(kind) and any(isinstance(value, bool) for value in values):
        return None  # True, which Arrow takes as 1.0, equals it
    kept = column.to_pylist()
    return column if values == kept or _same(values, kept) else None


def _same(value: Any, kept: Any) -> bool:
    """Compare, but take a key that a mapping lacks as null, and NaN as itself."""
    if isinstance(value, dict) and isinstance(kept, dict):
        return all(_same(value.get(key), kept.get(key)) for key in value.keys() | kept.keys())
    if isinstance(value, list | tuple) and isinstance(kept, list | tuple):
        return len(value) == len(kept) and all(map(_same, value, kept))
    return bool(value == kept or (value != value and kept != kept))


def _inferred(values: list[Any]) -> pa.DataType:
    """Return the type of a column's first values."""
    try:
        return _settled(pa.infer_type(values))
    except pa.ArrowException:  # of several types: the first one, and the others will be refused
        return _settled(pa.infer_type([next(value for value in values if value is not None)]))


def _settled(kind: pa.DataType) -> pa.DataType:
    """Take columns that are empty so far as strings, or lists of them."""
    if pa.types.is_null(kind):
        return pa.string()
    if pa.types.is_list(kind) and pa.types.is_null(kind.value_type):
        return pa.list_(pa.string())
    return kind


def _check_columns(
    path: Path, rows: list[dict[str, Any]], header: list[str], *, before: int
) -> None:
    """Raise a `DataError` if one of some rows has a column that the header lacks.

    Args:
        path: the file.
        rows: after `before` others.
        header: the columns.
        before: rows that were written.
    """
    known = set(header)
    for number, row in enumerate(rows, start=before + 1):
        if extra := row.keys() - known:
            raise DataError(
                f"{path}, row {number:,} has the column {min(extra)!r}, which the first one lacks; "
                "write .jsonl instead."
            )


def _json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, default=_plain)
    except ValueError:  # NaN or infinity, which JSON lacks
        return json.dumps(_finite(value), ensure_ascii=False, default=_plain)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _plain(value: Any) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def _cell(path: Path, value: Any) -> Any:
    if isinstance(value, bytes):
        return _plain(value)
    nested = isinstance(value, list) and any(isinstance(part, NESTED) for part in value)
    if nested or isinstance(value, dict):
        return _json(value)
    if not isinstance(value, list):
        return value
    parts = [_plain(part) for part in value]
    check_joinable(path, parts)
    return LIST_MARK.join(parts)


def check_joinable(path: Path, parts: Iterable[str]) -> None:
    """Raise a `DataError` if one of several strings cannot stand in a list in a CSV cell."""
    clash = next((part for part in parts if LIST_MARK in part), None)
    if clash is not None:
        raise DataError(
            f"{path}: {clash!r} holds the sign {LIST_MARK!r}, which joins lists in a CSV cell; "
            "write .jsonl instead."
        )
