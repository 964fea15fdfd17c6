"""A part of a corpus that can be read again and again: a file or a data set."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets import ClassLabel, Dataset

from clmil.data.files import split_name
from clmil.data.records import Record, iter_records
from clmil.errors import DataError


@dataclass(frozen=True)
class Source:
    """One part of a corpus, readable again and again.

    Attributes:
        name: file or data set, as messages name it.
        noun: what a record's number counts: `line` or `row`.
        records: opens a new stream of its rows.
        notes: what was decided in finding it, a sentence each, to be said aloud.
    """

    name: str
    noun: str
    records: Callable[[], Iterator[Record]]
    notes: tuple[str, ...] = ()

    def place(self, line: int) -> str:
        """Return where a record is, for a message."""
        return f"{self.name}, {self.noun} {line}"


def file_source(path: Path) -> Source:
    """Return the source of one data file.

    Raises:
        DataError: on an unknown extension.
    """
    noun = "row" if split_name(path)[1] == ".parquet" else "line"
    return Source(str(path), noun, lambda: iter_records(path))


def data_set_source(name: str, dataset: Dataset) -> Source:
    """Return the source of a `datasets` data set, numbers of `ClassLabel` columns spelt out.

    Raises:
        DataError: if it is empty.
    """
    if not len(dataset):
        raise DataError(f"{name} is empty; give at least one document.")
    names = _class_names(dataset.features)

    def records() -> Iterator[Record]:
        number = 0
        for table in dataset.with_format("arrow").iter(batch_size=1000):
            for row in table.to_pylist():
                number += 1
                coded = {column: _spell(row[column], classes) for column, classes in names.items()}
                yield Record(number, row | coded)

    return Source(name, "row", records)


def _class_names(features: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the names of columns whose labels `datasets` keeps as numbers."""
    inner = {column: getattr(kind, "feature", kind) for column, kind in features.items()}
    return {column: kind.names for column, kind in inner.items() if isinstance(kind, ClassLabel)}


def _spell(value: Any, classes: list[str]) -> Any:
    if isinstance(value, list):
        return [_spell(code, classes) for code in value]
    return classes[value] if isinstance(value, int) and 0 <= value < len(classes) else None
