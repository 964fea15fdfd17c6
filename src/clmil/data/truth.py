"""Labels as scikit-learn's users hold them, in the order of labels that are known already."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from clmil.data.matrix import LabelMatrix, matrix_of, numbered, rows_of
from clmil.data.values import shorten
from clmil.errors import DataError


def targets_of(y: Any, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return labels as targets for the columns `names`, to score predictions with.

    Args:
        y: label lists, or a matrix as `matrix_of` takes it; one without names has the columns
            `names`.
        names: (l,) label names.

    Returns:
        (n, l) int8 targets, -1 unknown; and the (n,) bool mask of documents that have a label
        which is not among `names`.

    Raises:
        DataError: if a matrix lacks a column, or a list holds what is no name.
    """
    matrix = matrix_of(y)
    if matrix is None:
        return _lists_to_targets(rows_of(y), names)
    given = _names_in(matrix, names, "y")
    targets = matrix.cells[:, [given.index(name) for name in names]]
    foreign = [column for column, name in enumerate(given) if name not in set(names)]
    return targets, (matrix.cells[:, foreign] == 1).any(axis=1)


def held_out_of(y: Any, names: Sequence[str]) -> tuple[list[Any], list[list[str]] | None]:
    """Return labels of validation as `labels_of` does those of training.

    Args:
        y: as for `targets_of`; a label may be relevant nowhere.
        names: (l,) label names of training, sorted.

    Raises:
        DataError: if a matrix lacks a column, or has no names where training has.
    """
    what = "validation"
    matrix = matrix_of(y, what)
    if matrix is None:
        return rows_of(y, what), None
    given = _names_in(matrix, names, what)
    if not matrix.named and given != numbered(len(names)):
        raise DataError(
            "validation is a matrix without names, but the labels have names in training; name "
            "its columns in a DataFrame."
        )
    return matrix._replace(columns=np.array(given, dtype=str)).lists()


def _names_in(matrix: LabelMatrix, names: Sequence[str], what: str) -> list[str]:
    """Return the names of a matrix's columns, all of `names` among them."""
    if not matrix.named and len(matrix.columns) != len(names):
        raise DataError(
            f"{what} has {len(matrix.columns)} columns, but there are {len(names)} labels; give "
            "one column for each, or name the columns in a DataFrame."
        )
    given = matrix.columns.tolist() if matrix.named else list(names)
    if list(names) == numbered(len(names)):  # they may go by their numbers, without zeros
        padded = {str(int(name)): name for name in names}
        given = [padded.get(name, name) for name in given]
    missing = next((name for name in names if name not in given), None)
    if missing is not None:
        raise DataError(
            f"{what} has no column for the label {missing!r}; give one, with 0 where the label "
            "does not apply and -1 where nobody knows."
        )
    return given


def _lists_to_targets(lists: list[Any], names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    column = {name: k for k, name in enumerate(names)}
    targets = np.zeros((len(lists), len(names)), dtype=np.int8)
    outside = np.zeros(len(lists), dtype=bool)
    for row, labels in enumerate(lists):
        if labels is None:
            targets[row] = -1
            continue
        for label in labels:
            if not isinstance(label, str):
                raise DataError(
                    f"y[{row}] holds the label {shorten(label)}; label names must be strings."
                )
        known = [column[label] for label in labels if label in column]
        targets[row, known] = 1
        outside[row] = len(known) < len(labels)
    return targets, outside
