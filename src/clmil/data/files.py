"""Data files as bytes and lines: which form a name has, gzip, UTF-8."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path

from clmil.errors import DataError

FORMS = (".jsonl", ".json", ".csv", ".tsv", ".parquet")
"""Extensions of the known forms; `.json` holds JSON Lines too."""

LONGEST_LINE = 64 * 2**20
"""Bytes of one line, beyond which a file is taken for something else than lines."""


def split_name(path: Path) -> tuple[str, str, bool]:
    """Return the name without extensions, the form's extension and whether it is gzipped.

    Raises:
        DataError: on an unknown extension.
    """
    name = path.name.lower()
    zipped = name.endswith(".gz")
    name = name.removesuffix(".gz")
    for form in FORMS:
        if name.endswith(form):
            return name.removesuffix(form), form, zipped
    raise DataError(
        f"{path} has an unknown extension; give a .jsonl, .csv, .tsv or .parquet file, "
        "plain or gzipped (.gz)."
    )


def check_file(path: Path) -> None:
    """Check that a path is a file.

    Raises:
        DataError: if it is missing or a folder.
    """
    if path.is_dir():
        raise DataError(f"{path} is a folder; give one of the files in it.")
    if not path.exists():
        raise DataError(f"{path} does not exist; check the path.")


@contextmanager
def open_bytes(path: Path, *, zipped: bool) -> Iterator[BufferedIOBase]:
    """Open a file, decompressing gzip on the way.

    Raises:
        DataError: if it cannot be read or its gzip data are damaged.
    """
    try:
        with path.open("rb") as plain:
            if not zipped:
                yield plain
                return
            with gzip.open(plain, "rb") as stream:
                yield stream
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(
            f"{path} is not a whole gzip file ({error}); copy or download it again."
        ) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(f"{path} cannot be read ({reason}); check its permissions.") from error


def iter_lines(path: Path, stream: BufferedIOBase) -> Iterator[str]:
    """Yield the lines of a UTF-8 file with their line ends, without a byte order mark.

    Raises:
        DataError: with the line's number, if it is not UTF-8, binary or endless.
    """
    raw_lines = iter(lambda: stream.readline(LONGEST_LINE), b"")
    for number, raw in enumerate(raw_lines, start=1):
        if len(raw) == LONGEST_LINE:
            raise DataError(
                f"{path}, line {number}: the line is longer than {LONGEST_LINE // 2**20} MB; "
                "write one document a line."
            )
        try:
            line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise DataError(
                f"{path}, line {number}: byte {error.start + 1} is not UTF-8; "
                "save the file as UTF-8 text."
            ) from error
        if "\0" in line:
            raise DataError(
                f"{path}, line {number}: the line holds binary data; give a UTF-8 text file."
            )
        yield line
