"""A review as a file that a person edits and trains on again."""

from pathlib import Path
from typing import Any

from clmil.data.files import split_name
from clmil.data.formats import LIST_MARK
from clmil.data.layout import DELIMITERS
from clmil.data.rows import NOT_ANNOTATED
from clmil.data.writers import open_writer
from clmil.reports.review import Review


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
    if column != "labels" or form not in (".csv", ".tsv"):
        return value
    if value is None:
        return NOT_ANNOTATED
    # Alone, a name that holds another delimiter would be split, and "null" be none.
    others = [mark for mark in DELIMITERS if mark != LIST_MARK]
    risky = any(name == NOT_ANNOTATED or any(mark in name for mark in others) for name in value)
    return [*value, ""] if risky else value
