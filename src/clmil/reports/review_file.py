"""A review as a file that a person edits and trains on again."""

from pathlib import Path
from typing import Any

from clmil.data.files import split_name
from clmil.data.formats import LIST_MARK
from clmil.data.layout import DELIMITERS
from clmil.data.rows import NOT_ANNOTATED
from clmil.data.targets import label_counts
from clmil.data.writers import open_writer
from clmil.errors import DataError
from clmil.reports.review import Review
from clmil.reports.review_material import ReviewMaterial

JOINED = (".csv", ".tsv")
"""Forms in which labels are joined."""


def check_names(material: ReviewMaterial, file: Path | None) -> None:
    """Raise a `DataError` if a label holds the sign that joins labels in the file to write."""
    if file is None or split_name(file)[1] not in JOINED:
        return
    for name in (*material.names, *label_counts(material.documents, "unknown")):
        if LIST_MARK in name:
            raise DataError(
                f"the label {name!r} holds {LIST_MARK!r}, which joins labels in {file}; write "
                ".jsonl or .parquet instead."
            )


def write_review(review: Review, file: Path) -> None:
    """Write the rows; `clmil train` reads the file as it is.

    The column `unknown` is left out where no label is unknown.

    Raises:
        DataError: if the file cannot be written, or is to be CSV and a label holds the sign that
            joins labels there.
    """
    dropped = set() if any(row["unknown"] for row in review.rows) else {"unknown"}
    form = split_name(file)[1]
    with open_writer(file) as writer:
        writer.write(
            [
                {
                    name: _cell(name, value, form)
                    for name, value in row.items()
                    if name not in dropped
                }
                for row in review.rows
            ]
        )


def _cell(column: str, value: Any, form: str) -> Any:
    """Return a value such that the reader finds the same labels in it."""
    if column != "labels" or form not in JOINED:
        return value
    if value is None:
        return NOT_ANNOTATED
    # Alone, a name that holds another delimiter would be split, and "null" be none.
    others = [mark for mark in DELIMITERS if mark != LIST_MARK]
    risky = any(name == NOT_ANNOTATED or any(mark in name for mark in others) for name in value)
    return [*value, ""] if risky else value
