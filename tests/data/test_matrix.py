"""Matrices to label lists and back."""

import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from clmil.data.matrix import labels_of, matrix_of, rows_of
from clmil.errors import DataError


def test_columns_keep_their_order_when_names_are_sorted() -> None:
    lists, unknown = labels_of(np.eye(12, dtype=int))
    assert [names[0] for names in lists] == sorted(names[0] for names in lists)
    assert lists[10] == ["10"]
    assert lists[2] == ["02"]
    assert unknown == [[]] * 12


def test_columns_that_pandas_numbers_are_those_without_names() -> None:
    matrix = np.eye(12, dtype=int)
    assert labels_of(pd.DataFrame(matrix)) == labels_of(matrix)


def test_numbers_that_a_user_gives_are_names_as_they_are() -> None:
    matrix = np.eye(3, dtype=int)
    for columns in ([5, 3, 11], [5, 3, "x"]):
        frame = pd.DataFrame(matrix, columns=columns)
        assert labels_of(frame)[0] == [[str(name)] for name in columns]
    with pytest.warns(UserWarning, match="classes_ sorts as text, '10' before '9'"):
        labels_of(pd.DataFrame(matrix, columns=[9, 10, 11]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        labels_of(pd.DataFrame(matrix, columns=[1, 2, 3]))


def test_arrow_tables_and_batches_name_their_labels() -> None:
    frame = pd.DataFrame([[1, 0], [1, 1]], columns=["b", "a"])
    for table in (pa.Table.from_pandas(frame), pa.RecordBatch.from_pandas(frame)):
        assert labels_of(table)[0] == [["b"], ["b", "a"]]
        matrix = matrix_of(table)
        assert matrix is not None
        assert matrix.named


def test_a_matrix_of_numpys_own_kind_is_an_array() -> None:
    dense = sparse.csr_matrix(np.array([[1, 0], [1, 1]])).todense()
    assert isinstance(dense, np.matrix)
    assert labels_of(dense) == labels_of(np.asarray(dense))


@pytest.mark.parametrize("kind", [str, object])
def test_numbers_as_text_are_no_names(kind: type) -> None:
    text = np.array([["1", "0"], ["-1", ""]]).astype(kind)
    with pytest.raises(DataError, match="numbers that are written as text; convert them"):
        matrix_of(text)
    assert matrix_of(np.array([["1", "0"], ["1", "x"]]).astype(kind)) is None
    with pytest.raises(DataError, match="y holds '1' in row 0, column 'a'; a label matrix holds"):
        matrix_of(pd.DataFrame(text, columns=["a", "b"]))


def test_a_text_among_cells_is_told_in_short() -> None:
    frame = pd.DataFrame({"a": [1, 0], "text": ["word " * 1000] * 2})
    with pytest.raises(DataError, match=r"holds 'word .*\.\.\. in row 0, column 'text'") as told:
        matrix_of(frame)
    assert len(str(told.value)) < 200


@pytest.mark.parametrize(
    "rows", [["earn", "acq"], np.array(["earn"]), [["a"], 3], {("a",)}, [iter("a")], [{"a": 1}]]
)
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
