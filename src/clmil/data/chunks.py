"""Rows of a file for prediction, with all their columns, a chunk at a time."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from clmil.data.columns import STANDARD, Columns
from clmil.data.records import iter_records
from clmil.data.sources import file_source
from clmil.data.values import read_text


def iter_chunks(
    path: Path, *, columns: Columns = STANDARD, size: int = 1024
) -> Iterator[list[dict[str, Any]]]:
    """Yield lists of at most `size` rows, each with all the columns of the file.

    Only the text column is looked at; labels are not needed.

    Raises:
        DataError: with file and line, if the file or a text is not usable.
    """
    source = file_source(path)
    records = iter_records(path)
    while chunk := list(itertools.islice(records, size)):
        for record in chunk:
            read_text(record.values, columns.text, source.place(record.line))
        yield [record.values for record in chunk]
