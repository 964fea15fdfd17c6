"""Label matrices, as scikit-learn's users hold them, to label lists."""

from typing import Any

import numpy as np

from clmil.errors import DataError


def labels_of(y: Any) -> tuple[list[Any], list[list[str]] | None]:
    """Return label lists and, from a matrix, the lists of unknown labels.

    Args:
        y: (n,) label lists, passed through; or an (n, l) matrix, dense, sparse or a DataFrame,
            of 1 relevant, 0 not, -1 unknown. Columns are named by the DataFrame, else by
            numbers of equal width, so that sorted names keep the order of the columns.

    Raises:
        DataError: naming the column, if a cell is something else or a column has no 1.
    """
    names = [str(name) for name in y.columns] if hasattr(y, "columns") else None
    matrix = y.toarray() if hasattr(y, "toarray") else y
    matrix = matrix.to_numpy() if hasattr(matrix, "to_numpy") else matrix
    if not (isinstance(matrix, np.ndarray) and matrix.ndim == 2):
        return list(matrix), None
    width = len(str(matrix.shape[1] - 1))
    columns = np.array(names or [f"{k:0{width}d}" for k in range(matrix.shape[1])])
    _check(matrix, columns)
    unknown = matrix == -1
    lists: list[Any] = [
        None if hidden.all() else columns[row == 1].tolist()
        for row, hidden in zip(matrix, unknown, strict=True)
    ]
    masked = [[] if row.all() else columns[row].tolist() for row in unknown]
    return lists, masked


def _check(matrix: np.ndarray, columns: np.ndarray) -> None:
    strange = ~np.isin(matrix, (-1, 0, 1))
    if strange.any():
        row, column = np.argwhere(strange)[0]
        raise DataError(
            f"y holds {matrix[row, column]} in row {row}, column {str(columns[column])!r}; a label "
            "matrix holds 1 (relevant), 0 (not) and -1 (unknown)."
        )
    empty = ~(matrix == 1).any(axis=0)
    if empty.any():
        raise DataError(
            f"the label {str(columns[empty.argmax()])!r} of y has no positive document; add one or "
            "leave the column out."
        )
