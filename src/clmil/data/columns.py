"""Which columns hold what, and the error for one that is not there."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from clmil.errors import DataError, listed


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Names of the columns of a data file.

    Attributes:
        text: column of the text.
        labels: column of the labels: a list, or one string of delimited names.
        delimiter: what separates the names in such a string; None: found in the file.
        label_columns: columns of 0 and 1, one a label, used instead of `labels`.
        id: column that identifies a document; it is never taken for a label.
        known: labels of the model for which data are read: a cell that is one of them is not
            split, and one without a 0/1 column is unknown where others have columns.
    """

    text: str = "text"
    labels: str = "labels"
    delimiter: str | None = None
    label_columns: tuple[str, ...] = ()
    id: str | None = None
    known: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.delimiter == "":
            raise DataError("the delimiter is empty; give the character between two labels.")
        if self.text in (self.labels, *self.label_columns):
            raise DataError(
                f"the column {self.text!r} cannot hold both text and labels; name two columns."
            )


STANDARD = Columns()
"""The names that hold where none are given."""

PREDICTED = "predicted_labels"
"""The labels that `clmil predict` adds; never proposed as true ones."""


def missing_column(name: str, role: str, present: Iterable[str], place: str) -> DataError:
    """Return the error for a column that is not there, with the nearest one that is.

    Args:
        name: the column looked for.
        role: what it holds, for the message: `text`, `label` or `id`.
        present: the columns that are there.
        place: file, and line where it matters.
    """
    columns = list(present)
    folded = {column.casefold(): column for column in reversed(columns) if column != PREDICTED}
    nearest = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.5)
    near = f"did you mean {folded[nearest[0]]!r}?" if nearest else "name the right one."
    there = listed([*map(repr, columns)], most=20) or "none"
    return DataError(
        f"{place}: there is no {role} column {name!r} among the columns {there}; "
        f"{unsplit_hint(columns) or near}"
    )


def unsplit_hint(columns: list[str]) -> str:
    """Return what to do if a header looks as if it was not split into columns, else nothing."""
    if len(columns) == 1 and any(mark in columns[0] for mark in ";,\t|"):
        return (
            f"the header {columns[0]!r} is a single column, so put a comma between columns in a "
            ".csv file, a tab in a .tsv file."
        )
    return ""
