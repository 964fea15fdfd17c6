"""How documents are called where they come from."""

from pathlib import Path

from clmil.data.locate import find_sources

ID = "id"
"""The column that names a document."""


def read_ids(source: str | Path, *, part: str) -> list[str]:
    """Return what the column `id` says of each document; its row, from 1, where it says nothing.

    Args:
        source: as `clmil.data.corpus.read_documents` takes it.
        part: the part; of a single file, the file.

    Raises:
        DataError: if the source cannot be read.
    """
    sources = find_sources(source)
    records = sources.get(part, next(iter(sources.values()))).records()
    rows = enumerate(records, start=1)
    return [name_of(record.values.get(ID), str(row)) for row, record in rows]


def name_of(value: object, otherwise: str) -> str:
    """Return a document's name: what its `id` says, or something else where that is nothing."""
    return otherwise if value is None or value == "" else str(value)
