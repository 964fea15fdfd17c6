"""Rows of a data file, streamed in constant memory with their line numbers."""

import csv
import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from clmil.data.columns import unsplit_hint
from clmil.data.files import check_file, iter_lines, open_bytes, split_name
from clmil.errors import DataError

LARGEST_CELL = 64 * 2**20
"""Characters of a CSV cell, beyond which a quote is taken to be left open."""


@dataclass(frozen=True)
class Record:
    """One row.

    Attributes:
        line: the line it starts at, from 1 (Parquet: the row's number).
        values: column name to value, as the file has it.
    """

    line: int
    values: dict[str, Any]


def iter_records(path: Path) -> Iterator[Record]:
    """Stream the rows of a JSON Lines, CSV, TSV or Parquet file, plain or gzipped.

    Raises:
        DataError: if the file is missing, empty, damaged or not of the form its name says;
            with the line where one is at fault.
    """
    check_file(path)
    _, form, zipped = split_name(path)
    if form == ".parquet":
        return _some(path, _parquet_records(path, zipped))
    return _some(path, _text_records(path, form, zipped))


def parquet_schema(path: Path) -> pa.Schema | None:
    """Return the columns and types of a Parquet file; None for other forms.

    Raises:
        DataError: if the file is missing or damaged.
    """
    check_file(path)
    _, form, zipped = split_name(path)
    if form != ".parquet":
        return None
    with _parquet_file(path, zipped) as file:
        return file.schema_arrow


def _some(path: Path, records: Iterator[Record]) -> Iterator[Record]:
    first = next(records, None)
    if first is None:
        raise DataError(f"{path} is empty; give a file with at least one document.")
    yield first
    yield from records


def _text_records(path: Path, form: str, zipped: bool) -> Iterator[Record]:
    with open_bytes(path, zipped=zipped) as stream:
        lines = iter_lines(path, stream)
        if form in (".csv", ".tsv"):
            yield from _csv_records(path, lines, "," if form == ".csv" else "\t")
        else:
            yield from _json_records(path, lines)


def _json_records(path: Path, lines: Iterable[str]) -> Iterator[Record]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            values = json.loads(line, object_pairs_hook=_distinct)
        except _RepeatedKeyError as error:
            raise DataError(
                f"{path}, line {number}: the key {error} occurs twice in one object; "
                "keep one of both."
            ) from error
        except (ValueError, RecursionError) as error:
            raise DataError(
                f"{path}, line {number}: the line is not JSON ({error}); "
                "write one JSON object a line."
            ) from error
        if not isinstance(values, dict):
            raise DataError(
                f"{path}, line {number}: the line is a JSON {type(values).__name__}, not an "
                "object; write one JSON object a line."
            )
        yield Record(number, values)


class _RepeatedKeyError(ValueError):
    """Says which key, as code."""


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _RepeatedKeyError(repr(next(key for key in keys if keys.count(key) > 1)))
    return values


def _csv_records(path: Path, lines: Iterable[str], delimiter: str) -> Iterator[Record]:
    # The limit belongs to the whole process; it is raised only, never lowered.
    csv.field_size_limit(max(csv.field_size_limit(), LARGEST_CELL))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    header: list[str] | None = None
    start = 1
    try:
        for row in reader:
            line, start = start, reader.line_num + 1
            if not row:
                continue
            if header is None:
                header = _header(path, row)
                continue
            if len(row) != len(header):
                advice = unsplit_hint(header) or (
                    "put cells that hold the separator into double quotes."
                )
                raise DataError(
                    f"{path}, line {line}: the row has {len(row)} cells, the header "
                    f"{len(header)}; {advice}"
                )
            yield Record(line, dict(zip(header, row, strict=True)))
    except csv.Error as error:
        raise DataError(
            f"{path}, line {start}: the row's quotes or line ends are broken ({error}); "
            "write a double quote inside a quoted cell twice."
        ) from error


def _header(path: Path, row: list[str]) -> list[str]:
    names = [name.strip() for name in row]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"{path}, line 1: the column {twice!r} occurs twice; rename one of them.")
    return names


def _parquet_records(path: Path, zipped: bool) -> Iterator[Record]:
    with _parquet_file(path, zipped) as file:
        number = 0
        for batch in file.iter_batches(batch_size=1024):
            for values in batch.to_pylist():
                number += 1
                yield Record(number, values)


@contextmanager
def _parquet_file(path: Path, zipped: bool) -> Iterator[pq.ParquetFile]:
    with open_bytes(path, zipped=zipped) as stream, tempfile.TemporaryFile() as whole:
        source = _unpacked(stream, whole) if zipped else stream
        try:
            yield pq.ParquetFile(source)
        except (pa.ArrowException, ValueError, OverflowError, OSError) as error:
            reason = str(error).partition("\n")[0].rstrip(".")
            raise DataError(
                f"{path} is not a whole Parquet file ({reason}); write it again."
            ) from error


def _unpacked(stream: BufferedIOBase, whole: IO[bytes]) -> IO[bytes]:
    # Parquet is read from its end, which a gzip stream does not offer.
    shutil.copyfileobj(stream, whole)
    whole.seek(0)
    return whole
