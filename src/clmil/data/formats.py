"""Rows as JSON Lines, CSV or Parquet."""

import csv
import json
from pathlib import Path
from typing import Any, Self, TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from clmil.errors import DataError

LIST_MARK = "|"
"""Joins the elements of a list in a CSV or TSV cell."""


class JsonWriter:
    """Writes one JSON object a line."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, rows: list[dict[str, Any]]) -> None:
        """Append rows."""
        self.stream.writelines(
            json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in rows
        )


class CsvWriter:
    """Writes cells; lists are joined by `|`, mappings become JSON."""

    def __init__(self, path: Path, stream: TextIO, delimiter: str) -> None:
        self.path, self.stream, self.delimiter = path, stream, delimiter
        self.header: list[str] = []

    def write(self, rows: list[dict[str, Any]]) -> None:
        """Append rows."""
        writer, quoting = (
            csv.writer(self.stream, delimiter=self.delimiter, lineterminator="\n", quoting=how)
            for how in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL)
        )
        if rows and not self.header:
            self.header = list(rows[0])
            writer.writerow(self.header)
        for row in rows:
            _check_columns(self.path, row, self.header)
            cells = [_cell(self.path, row.get(column)) for column in self.header]
            bare = any(isinstance(cell, str) and "\r" in cell for cell in cells)
            (quoting if bare else writer).writerow(cells)  # before 3.13 csv leaves \r unquoted


class ParquetWriter:
    """Writes Parquet, whose schema comes from the first chunk."""

    def __init__(self, path: Path, temporary: Path) -> None:
        self.path, self.temporary = path, temporary
        self.writer: pq.ParquetWriter | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        if self.writer is not None:
            self.writer.close()
        elif failure[0] is None:
            pq.write_table(pa.table({}), self.temporary)

    def write(self, rows: list[dict[str, Any]]) -> None:
        """Append rows."""
        try:
            if self.writer is None:
                schema = _settled(pa.Table.from_pylist(rows).schema)
                self.writer = pq.ParquetWriter(self.temporary, schema)
            for row in rows:
                _check_columns(self.path, row, self.writer.schema.names)
            self.writer.write_table(pa.Table.from_pylist(rows, schema=self.writer.schema))
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
            raise DataError(
                f"{self.path}: a column changes its type between rows "
                f"({str(error).partition(chr(10))[0]}); write .jsonl instead."
            ) from error


def _settled(schema: pa.Schema) -> pa.Schema:
    """Take columns that are empty so far as strings, or lists of them."""
    return pa.schema([field.with_type(_settled_type(field.type)) for field in schema])


def _settled_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_null(kind):
        return pa.string()
    if pa.types.is_list(kind) and pa.types.is_null(kind.value_type):
        return pa.list_(pa.string())
    return kind


def _check_columns(path: Path, row: dict[str, Any], header: list[str]) -> None:
    extra = row.keys() - set(header)
    if extra:
        raise DataError(
            f"{path}: a row has the column {min(extra)!r}, which the first one lacks; "
            "write .jsonl instead."
        )


def _cell(path: Path, value: Any) -> Any:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if not isinstance(value, list):
        return value
    parts = [str(part) for part in value]
    clash = next((part for part in parts if LIST_MARK in part), None)
    if clash is not None:
        raise DataError(
            f"{path}: {clash!r} holds the sign {LIST_MARK!r}, which joins lists in a CSV cell; "
            "write .jsonl instead."
        )
    return LIST_MARK.join(parts)
