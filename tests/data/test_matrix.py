"""Matrices to label lists and back."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from clmil.data.matrix import labels_of, rows_of
from clmil.errors import DataError


def test_columns_keep_their_order_when_names_are_sorted() -> None:
    lists, unknown = labels_of(np.eye(12, dtype=int))
    assert [names[0] for names in lists] == sorted(names[0] for names in lists)
    assert lists[10] == ["10"]
    assert lists[2] == ["02"]
    assert unknown == [[]] * 12


def test_numbered_columns_of_a_table_keep_their_order_too() -> None:
    matrix = np.eye(12, dtype=int)
    assert labels_of(pd.DataFrame(matrix)) == labels_of(matrix)
    numbered = pd.DataFrame(matrix[:3, :3], columns=[3, 20, 100])
    assert labels_of(numbered)[0] == [["003"], ["020"], ["100"]]
    mixed = pd.DataFrame(matrix[:2, :2], columns=[3, "x"])
    assert labels_of(mixed)[0] == [["3"], ["x"]]


@pytest.mark.parametrize("rows", [["earn", "acq"], np.array(["earn"]), [["a"], 3], {("a",)}])
def test_rows_that_are_no_lists_are_told(rows: object) -> None:
    with pytest.raises(DataError, match=r"y\[\d\] is .*, no list of label names|y is a set"):
        rows_of(rows)


@given(arrays(np.int8, (6, 4), elements=st.integers(-1, 1)))
def test_no_cell_is_lost(matrix: np.ndarray) -> None:
    matrix[0] = 1
    lists, unknown = labels_of(matrix)
    assert unknown is not None
    for row, names, hidden in zip(matrix, lists, unknown, strict=True):
        if (row == -1).all():
            assert names is None
            continue
        assert names == [str(k) for k in np.flatnonzero(row == 1)]
        assert hidden == [str(k) for k in np.flatnonzero(row == -1)]


def test_sparse_matrices_frames_and_lists() -> None:
    matrix = np.array([[1, 0], [1, 1]])
    assert labels_of(sparse.csr_matrix(matrix)) == labels_of(matrix)
    assert labels_of(pd.DataFrame(matrix, columns=["b", "a"]))[0] == [["b"], ["b", "a"]]
    assert labels_of([["x"], None]) == ([["x"], None], None)


@pytest.mark.parametrize("value", [2, 0.5, np.nan])
def test_other_values_are_told(value: float) -> None:
    with pytest.raises(DataError, match="row 1, column '0'"):
        labels_of(np.array([[1.0, 1], [value, 0]]))


def test_a_column_without_a_positive_is_told() -> None:
    with pytest.raises(DataError, match="'1' of y has no positive"):
        labels_of(np.array([[1, 0], [0, 0]]))
