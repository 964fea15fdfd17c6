"""Lines of a published file, plain or gzipped."""

from collections.abc import Iterator
from pathlib import Path

from clmil.data.files import iter_lines, open_bytes


def named(folder: Path, name: str) -> Path | None:
    """Return the file of that name in a folder, plain or with `.gz`; None if there is none."""
    both = (folder / name, folder / f"{name}.gz")
    return next((path for path in both if path.is_file()), None)


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the number, from 1, and the text of each line, without its line end.

    Raises:
        DataError: with the line's number, if it cannot be read or is not UTF-8.
    """
    with open_bytes(path, zipped=path.suffix == ".gz") as stream:
        for number, line in enumerate(iter_lines(path, stream), start=1):
            yield number, line.rstrip("\r\n")
