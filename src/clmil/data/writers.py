"""Writing rows to a file that appears only when it is whole."""

import gzip
import io
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from clmil.data.files import split_name
from clmil.data.formats import JOINED, CsvWriter, JsonWriter, ParquetWriter
from clmil.errors import DataError


class RowWriter(Protocol):
    """Takes rows in chunks."""

    def write(self, rows: list[dict[str, Any]]) -> None:
        """Append rows, column name to value.

        Raises:
            DataError: if they do not fit the rows before or the file's form.
        """


@contextmanager
def open_writer(path: Path, *, known: pa.Schema | None = None) -> Iterator[RowWriter]:
    """Open a `.jsonl`, `.csv`, `.tsv` (each also `.gz`) or `.parquet` file for rows.

    The rows go to a hidden file beside `path`, which takes its name at the end; after an
    error nothing is left, and what lay at `path` before stays.

    Args:
        path: the file.
        known: types of columns, for Parquet; those of others are told by the first rows.

    Raises:
        DataError: on an unknown form, or if the file cannot be written.
    """
    _, form, zipped = split_name(path)
    if form == ".parquet" and zipped:
        raise DataError(f"{path}: Parquet is compressed already; leave out the .gz.")
    if path.is_dir():
        raise DataError(f"{path} is a folder; give the name of a file.")
    temporary = path.with_name(f".{path.name}.{os.getpid()}.writing")
    try:
        with ExitStack() as stack:
            with _explained(path):
                inner = stack.enter_context(_writer(path, form, temporary, zipped, known))
            yield _Guarded(path, inner)
            with _explained(path):
                stack.close()
        with _explained(path):
            temporary.replace(path)
    finally:
        with suppress(OSError):
            temporary.unlink()


class _Guarded:
    """Tells the writer's own failures from those of whoever uses it."""

    def __init__(self, path: Path, inner: RowWriter) -> None:
        self.path, self.inner = path, inner

    def write(self, rows: list[dict[str, Any]]) -> None:
        with _explained(self.path):
            self.inner.write(rows)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataError(
            f"{path} cannot be written ({error.strerror or error}); "
            "free space or choose another folder."
        ) from error
    except UnicodeEncodeError as error:
        raise DataError(
            f"{path}: a cell holds half a surrogate pair, which is no character; "
            "write the input again as UTF-8."
        ) from error


def _writer(
    path: Path, form: str, temporary: Path, zipped: bool, known: pa.Schema | None
) -> AbstractContextManager[RowWriter]:
    if form == ".parquet":
        return ParquetWriter(path, temporary, known)
    return _text_writer(path, form, temporary, zipped)


@contextmanager
def _text_writer(path: Path, form: str, temporary: Path, zipped: bool) -> Iterator[RowWriter]:
    with ExitStack() as stack:
        raw: Any = stack.enter_context(temporary.open("wb"))
        if zipped:
            raw = stack.enter_context(gzip.GzipFile(path.name, "wb", fileobj=raw))
        text = stack.enter_context(io.TextIOWrapper(raw, encoding="utf-8", newline=""))
        if form in JOINED:
            yield CsvWriter(path, text, "," if form == ".csv" else "\t")
        else:
            yield JsonWriter(text)
