"""Labels as scikit-learn's users hold them: lists, or matrices of any kind."""

from typing import Any, NamedTuple

import numpy as np

from clmil.errors import DataError


class LabelMatrix(NamedTuple):
    """An (n, l) array of 1 relevant, 0 not, -1 unknown.

    Attributes:
        cells: the array.
        columns: (l,) label names; numbers have equal width, so that sorted names keep the order
            of the columns.
        named: whether the names were given; the numbers that pandas gives are none.
    """

    cells: np.ndarray
    columns: np.ndarray
    named: bool


def labels_of(y: Any) -> tuple[list[Any], list[list[str]] | None]:
    """Return label lists and, from a matrix, the lists of unknown labels.

    Args:
        y: (n,) label lists, passed through; or an (n, l) matrix as `matrix_of` takes it.

    Raises:
        DataError: naming the column, if a cell is not 1, 0 or -1, or a column has no 1; or the
            row, if it is no list.
    """
    matrix = matrix_of(y)
    if matrix is None:
        return rows_of(y), None
    empty = ~(matrix.cells == 1).any(axis=0)
    if empty.any():
        raise DataError(
            f"the label {str(matrix.columns[empty.argmax()])!r} of y has no positive document; "
            "add one or leave the column out."
        )
    unknown = matrix.cells == -1
    lists: list[Any] = [
        None if hidden.all() else matrix.columns[row == 1].tolist()
        for row, hidden in zip(matrix.cells, unknown, strict=True)
    ]
    masked = [[] if row.all() else matrix.columns[row].tolist() for row in unknown]
    return lists, masked


def matrix_of(y: Any) -> LabelMatrix | None:
    """Return y as a matrix, or None if it is a sequence of label lists.

    Args:
        y: dense, sparse, a list of lists of numbers, or a table (pandas, Arrow) of named columns.

    Raises:
        DataError: if a cell is not 1, 0 or -1, or two columns have one name.
    """
    if hasattr(y, "__array__") and not hasattr(y, "__iter__"):
        y = np.asarray(y)
    table = y.to_pandas() if hasattr(y, "column_names") and hasattr(y, "to_pandas") else y
    named = hasattr(table, "columns")
    cells = table.toarray() if hasattr(table, "toarray") else table
    cells = cells.to_numpy() if named else _numbers(cells)
    if not (isinstance(cells, np.ndarray) and cells.ndim == 2) or _holds_names(cells):
        return None
    numbers = list(range(cells.shape[1]))
    given = list(table.columns) if named else numbers
    columns = _column_names(given)
    _check(cells, columns)
    return LabelMatrix(cells=cells.astype(np.int8), columns=columns, named=given != numbers)


def rows_of(y: Any) -> list[Any]:
    """Return label lists as a list, Arrow and pandas unpacked.

    Raises:
        DataError: if y is None, a string, or nothing that has rows in an order; or a row is
            neither a list nor None.
    """
    if y is None:
        raise DataError(
            "the classifier requires y to be passed, but the target y is None; give labels."
        )
    if isinstance(y, str | bytes | dict | set | frozenset) or not hasattr(y, "__iter__"):
        raise DataError(f"y is a {type(y).__name__}; give a label list for each text or a matrix.")
    unpack = next((name for name in ("to_pylist", "tolist", "to_list") if hasattr(y, name)), None)
    rows = list(y if unpack is None else getattr(y, unpack)())
    for number, row in enumerate(rows):
        if row is not None and (isinstance(row, str) or not hasattr(row, "__iter__")):
            raise DataError(
                f"y[{number}] is {row!r}, no list of label names; give a list for each text."
            )
    return rows


def _column_names(given: list[Any]) -> np.ndarray:
    """Return names as strings; whole numbers alone get leading zeros, and sort as they count."""
    if all(isinstance(name, int | np.integer) and name >= 0 for name in given):
        width = len(str(max(given, default=0)))
        return np.array([f"{int(name):0{width}d}" for name in given], dtype=str)
    return np.array([str(name) for name in given], dtype=str)


def _numbers(y: Any) -> Any:
    """Return a list of lists of numbers as an array; leave everything else."""
    if not isinstance(y, list | tuple) or not y or not hasattr(y[0], "__len__"):
        return y
    if isinstance(y[0], str) or not len(y[0]) or isinstance(y[0], dict | set | frozenset):
        return y
    if not isinstance(y[0][0], int | float | np.number | np.bool_):
        return y
    try:
        return np.array(y, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(
            "y begins like a matrix of numbers, but its rows differ in length or hold something "
            "else; give rows of equal length, or lists of label names."
        ) from None


def _holds_names(cells: np.ndarray) -> bool:
    """Tell label lists of equal length, which NumPy has made a square of, from a matrix."""
    return cells.size > 0 and isinstance(cells.flat[0], str)


def _check(cells: np.ndarray, columns: np.ndarray) -> None:
    names, times = np.unique(columns, return_counts=True)
    if (times > 1).any():
        raise DataError(
            f"two columns of y are named {str(names[times.argmax()])!r}; rename one of them."
        )
    strange = ~np.isin(cells, (-1, 0, 1)) if cells.dtype != object else _strange(cells)
    if strange.any():
        row, column = np.argwhere(strange)[0]
        raise DataError(
            f"y holds {cells[row, column]} in row {row}, column {str(columns[column])!r}; a label "
            "matrix holds 1 (relevant), 0 (not) and -1 (unknown)."
        )


def _strange(cells: np.ndarray) -> np.ndarray:
    """Look cell by cell, because missing values of pandas cannot be compared."""
    kinds = (int, float, np.number, np.bool_)
    good = [isinstance(cell, kinds) and cell in (-1, 0, 1) for cell in cells.flat]
    return ~np.array(good, dtype=bool).reshape(cells.shape)
