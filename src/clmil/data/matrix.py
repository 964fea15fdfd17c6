"""Labels as scikit-learn's users hold them: lists, or matrices of any kind."""

import warnings
from typing import Any, NamedTuple

import numpy as np

from clmil.data.values import shorten
from clmil.errors import DataError

AS_TEXT = frozenset(("1", "0", "-1", ""))
"""Cells of a matrix that was read as text."""


class LabelMatrix(NamedTuple):
    """An (n, l) array of 1 relevant, 0 not, -1 unknown.

    Attributes:
        cells: the array.
        columns: (l,) label names; those of `numbered` where none were given.
        named: whether the names were given; the numbers that pandas gives are none.
    """

    cells: np.ndarray
    columns: np.ndarray
    named: bool

    def lists(self) -> tuple[list[Any], list[list[str]]]:
        """Return each row's labels, None where nothing is known, and its unknown labels."""
        unknown = self.cells == -1
        lists = [
            None if hidden.all() else self.columns[row == 1].tolist()
            for row, hidden in zip(self.cells, unknown, strict=True)
        ]
        return lists, [[] if row.all() else self.columns[row].tolist() for row in unknown]


def labels_of(y: Any) -> tuple[list[Any], list[list[str]] | None]:
    """Return the label lists of training and, from a matrix, the lists of unknown labels.

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
    _warn_of_order(matrix)
    return matrix.lists()


def matrix_of(y: Any, what: str = "y") -> LabelMatrix | None:
    """Return y as a matrix, or None if it is a sequence of label lists.

    Args:
        y: dense, sparse, a list of lists of numbers, or a table (pandas, Arrow) of named columns.
        what: what y is called in messages.

    Raises:
        DataError: if a cell is not 1, 0 or -1, or two columns have one name.
    """
    table = y.to_pandas() if hasattr(y, "column_names") and hasattr(y, "to_pandas") else y
    named = hasattr(table, "columns")
    cells = table.to_numpy() if named else _cells(table, what)
    if not isinstance(cells, np.ndarray) or cells.ndim != 2:
        return None
    if not named and _holds_names(cells, what):
        return None
    numbers = list(range(cells.shape[1]))
    given = list(table.columns) if named else numbers
    named = given != numbers
    columns = np.array([*map(str, given)] if named else numbered(len(given)), dtype=str)
    _check(cells, columns, what)
    return LabelMatrix(cells=cells.astype(np.int8), columns=columns, named=named)


def numbered(labels: int) -> list[str]:
    """Return names for columns without any: numbers of one width, which sort as they count."""
    width = len(str(max(labels - 1, 0)))
    return [f"{number:0{width}d}" for number in range(labels)]


def rows_of(y: Any, what: str = "y") -> list[Any]:
    """Return label lists as a list, Arrow and pandas unpacked.

    Args:
        y: (n,) label lists.
        what: what y is called in messages.

    Raises:
        DataError: if y is None, a string, or nothing that has rows in an order; or a row is
            neither a list nor None.
    """
    if y is None:
        raise DataError(
            f"the classifier requires y to be passed, but the target {what} is None; give labels."
        )
    if isinstance(y, str | bytes | dict | set | frozenset) or not hasattr(y, "__iter__"):
        kind = type(y).__name__
        raise DataError(f"{what} is a {kind}; give a label list for each text or a matrix.")
    unpack = next((name for name in ("to_pylist", "tolist", "to_list") if hasattr(y, name)), None)
    rows = list(y if unpack is None else getattr(y, unpack)())
    for number, row in enumerate(rows):
        if row is not None and (isinstance(row, str | bytes | dict) or not _is_sized(row)):
            raise DataError(
                f"{what}[{number}] is {shorten(row)}, no list of label names; give a list for each "
                "text."
            )
    return rows


def _is_sized(row: Any) -> bool:
    """Tell a list from what is used up once it is read."""
    return hasattr(row, "__iter__") and hasattr(row, "__len__")


def _warn_of_order(matrix: LabelMatrix) -> None:
    """Warn if names count upwards but sort otherwise, since `classes_` is sorted as text."""
    names = matrix.columns.tolist()
    if all(name.isdecimal() for name in names) and names != sorted(names):
        numbers = [int(name) for name in names]
        if numbers == sorted(numbers):
            warnings.warn(
                "the columns of y are named by numbers, which classes_ sorts as text, '10' before "
                "'9'; where predictions meet a matrix without names, put its columns in the order "
                "of classes_.",
                stacklevel=4,
            )


def _cells(y: Any, what: str) -> Any:
    """Return what has no column names as a plain array; leave label lists as they are."""
    if hasattr(y, "toarray"):
        return y.toarray()
    # `np.matrix` among them, whose rows would have two dimensions
    if isinstance(y, np.ndarray) or (hasattr(y, "__array__") and not hasattr(y, "__iter__")):
        return np.asarray(y)
    return _numbers(y, what)


def _numbers(y: Any, what: str) -> Any:
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
            f"{what} begins like a matrix of numbers, but its rows differ in length or hold "
            "something else; give rows of equal length, or lists of label names."
        ) from None


def _holds_names(cells: np.ndarray, what: str) -> bool:
    """Tell label lists of equal length, which NumPy has made a square of, from a matrix.

    Raises:
        DataError: if all names are the numbers of a matrix, written as text.
    """
    if cells.size == 0 or not isinstance(cells.flat[0], str):
        return False
    if all(isinstance(cell, str) and cell in AS_TEXT for cell in cells.flat):
        raise DataError(
            f"{what} is a matrix of numbers that are written as text; convert them to numbers, "
            "1 (relevant), 0 (not) and -1 (unknown)."
        )
    return True


def _check(cells: np.ndarray, columns: np.ndarray, what: str) -> None:
    names, times = np.unique(columns, return_counts=True)
    if (times > 1).any():
        name = shorten(str(names[times.argmax()]))
        raise DataError(f"two columns of {what} are named {name}; rename one of them.")
    strange = ~np.isin(cells, (-1, 0, 1)) if cells.dtype != object else _strange(cells)
    if strange.any():
        row, column = np.argwhere(strange)[0].tolist()
        value = cells[row, column]
        value = value.item() if isinstance(value, np.generic) else value
        raise DataError(
            f"{what} holds {shorten(value)} in row {row}, column {shorten(str(columns[column]))}; "
            "a label matrix holds the numbers 1 (relevant), 0 (not) and -1 (unknown)."
        )


def _strange(cells: np.ndarray) -> np.ndarray:
    """Look cell by cell, because missing values of pandas cannot be compared."""
    kinds = (int, float, np.number, np.bool_)
    good = [isinstance(cell, kinds) and cell in (-1, 0, 1) for cell in cells.flat]
    return ~np.array(good, dtype=bool).reshape(cells.shape)
