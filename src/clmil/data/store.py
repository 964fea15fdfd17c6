"""Documents as Arrow: on disk and memory-mapped, or in memory."""

import atexit
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from datasets import Dataset, Features, List, Value

from clmil.data.rows import Row
from clmil.errors import DataError

FEATURES = Features(
    {"text": Value("string"), "labels": List(Value("string")), "unknown": List(Value("string"))}
)
"""The columns of every data set of documents; `labels` is null where nobody annotated."""

BATCH_ROWS, BATCH_CHARACTERS = 1000, 2**24


def scratch_folder(parent: Path | None = None) -> Path:
    """Make a new folder for Arrow files: in `parent`, or a temporary one that goes at exit.

    Every reading gets a folder of its own, so that none is ever out of date.

    Raises:
        DataError: if it cannot be made.
    """
    try:
        if parent is not None:
            parent.mkdir(parents=True, exist_ok=True)
            return Path(tempfile.mkdtemp(prefix="clmil-", dir=parent))
        folder = Path(tempfile.mkdtemp(prefix="clmil-"))
    except OSError as error:
        raise _unwritable(parent or Path(tempfile.gettempdir()), error) from error
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def write_rows(rows: Iterable[Row], path: Path) -> Dataset:
    """Stream documents to an Arrow file and open it memory-mapped.

    Raises:
        DataError: if the file cannot be written, for a full disk say.
    """
    return _write((_batch(chunk) for chunk in _chunks(rows)), path)


def hold_rows(rows: Iterable[Row]) -> Dataset:
    """Return documents as a data set in memory."""
    batches = [_batch(chunk) for chunk in _chunks(rows)]
    return Dataset(pa.Table.from_batches(batches, schema=FEATURES.arrow_schema))


def select_rows(documents: Dataset, keep: np.ndarray, path: Path | None) -> Dataset:
    """Return some documents, as a file at `path` or, where it is None, in memory.

    Unlike `Dataset.select` it leaves no index between the rows and their table.

    Args:
        documents: the documents.
        keep: (n,) bool mask.
        path: file to write.

    Raises:
        DataError: if the file cannot be written.
    """
    batches = _filtered(documents, keep)
    if path is None:
        return Dataset(pa.Table.from_batches(batches, schema=FEATURES.arrow_schema))
    return _write(batches, path)


def _filtered(documents: Dataset, keep: np.ndarray) -> Iterator[pa.RecordBatch]:
    tables = documents.with_format("arrow").iter(BATCH_ROWS)
    for number, table in enumerate(tables):
        start = number * BATCH_ROWS
        kept = table.filter(pa.array(keep[start : start + len(table)]))
        yield from kept.combine_chunks().cast(FEATURES.arrow_schema).to_batches()


def read_column(documents: Dataset, name: str) -> pa.ChunkedArray:
    """Return one column as Arrow, in the order of the rows, whatever index lies between."""
    table = documents.select_columns([name]).with_format("arrow")[:]
    return table.column(name)


def _write(batches: Iterable[pa.RecordBatch], path: Path) -> Dataset:
    try:
        with (
            pa.OSFile(str(path), "wb") as sink,
            pa.ipc.new_stream(sink, FEATURES.arrow_schema) as writer,
        ):
            for batch in batches:
                writer.write_batch(batch)
    except OSError as error:
        raise _unwritable(path, error) from error
    return Dataset.from_file(str(path))


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    chunk: list[Row] = []
    characters = 0
    for row in rows:
        chunk.append(row)
        characters += len(row.text)
        if len(chunk) == BATCH_ROWS or characters > BATCH_CHARACTERS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk


def _batch(rows: list[Row]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(
        [
            pa.array(column, type=field.type)
            for column, field in zip(zip(*rows, strict=True), FEATURES.arrow_schema, strict=True)
        ],
        schema=FEATURES.arrow_schema,
    )


def _unwritable(place: Path, error: OSError) -> DataError:
    return DataError(
        f"{place} cannot be written ({error.strerror or error}); free space, or set TMPDIR to a "
        "folder with room."
    )
