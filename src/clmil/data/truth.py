"""Labels as scikit-learn's users hold them, to targets that predictions are scored with."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from clmil.data.matrix import matrix_of, rows_of
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
        DataError: if a matrix lacks a column.
    """
    matrix = matrix_of(y)
    if matrix is None:
        return _lists_to_targets(rows_of(y), names)
    given = matrix.columns.tolist() if matrix.named else list(names)
    if len(given) != matrix.cells.shape[1]:
        raise DataError(
            f"y has {matrix.cells.shape[1]} columns but the classifier knows {len(names)} labels; "
            "give one column for each, or name the columns in a DataFrame."
        )
    missing = next((name for name in names if name not in given), None)
    if missing is not None:
        raise DataError(
            f"y has no column for the label {missing!r}; give one, with 0 where the label does not "
            "apply and -1 where nobody knows."
        )
    targets = matrix.cells[:, [given.index(name) for name in names]]
    foreign = [column for column, name in enumerate(given) if name not in set(names)]
    return targets, (matrix.cells[:, foreign] == 1).any(axis=1)


def _lists_to_targets(lists: list[Any], names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    column = {name: k for k, name in enumerate(names)}
    targets = np.zeros((len(lists), len(names)), dtype=np.int8)
    outside = np.zeros(len(lists), dtype=bool)
    for row, labels in enumerate(lists):
        if labels is None:
            targets[row] = -1
            continue
        known = [column[label] for label in labels if label in column]
        targets[row, known] = 1
        outside[row] = len(known) < len(labels)
    return targets, outside
