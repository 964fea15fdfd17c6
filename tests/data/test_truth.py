"""Labels in the order of a classifier's columns."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clmil.data.truth import held_out_of, targets_of
from clmil.errors import DataError


@given(arrays(np.int8, (5, 3), elements=st.integers(-1, 1)))
def test_targets_are_the_matrix_in_the_order_of_the_names(matrix: np.ndarray) -> None:
    targets, outside = targets_of(matrix, ["x", "y", "z"])
    np.testing.assert_array_equal(targets, matrix)
    assert not outside.any()
    frame = pd.DataFrame(matrix, columns=["x", "y", "foreign"])
    targets, outside = targets_of(frame, ["y", "x"])
    np.testing.assert_array_equal(targets[:, [1, 0]], matrix[:, :2])
    np.testing.assert_array_equal(outside, matrix[:, 2] == 1)


def test_a_label_of_which_a_table_says_nothing_is_told() -> None:
    frame = pd.DataFrame([[1, 0]], columns=["x", "y"])
    with pytest.raises(DataError, match="no column for the label 'z'; give one, with 0 where"):
        targets_of(frame, ["x", "y", "z"])
    targets, _ = targets_of(frame.reindex(columns=["x", "y", "z"], fill_value=-1), ["x", "y", "z"])
    assert targets.tolist() == [[1, 0, -1]]


def test_columns_that_pandas_numbers_have_no_names() -> None:
    targets, outside = targets_of(pd.DataFrame(np.eye(2, dtype=int)), ["x", "y"])
    assert targets.tolist() == [[1, 0], [0, 1]]
    assert not outside.any()


def test_targets_of_lists_mask_what_nobody_has_annotated() -> None:
    targets, outside = targets_of([["b"], None, [], ["a", "new"]], ["a", "b"])
    assert targets.tolist() == [[0, 1], [-1, -1], [0, 0], [1, 0]]
    assert outside.tolist() == [False, False, False, True]


@pytest.mark.parametrize("label", [3, ["a"], None])
def test_a_label_that_is_no_name_is_told(label: object) -> None:
    with pytest.raises(DataError, match=r"y\[1\] holds the label .*; label names must be strings"):
        targets_of([["a"], ["a", label]], ["a"])


def test_numbered_labels_go_by_their_numbers() -> None:
    names = [f"{k:02d}" for k in range(12)]
    backwards = pd.DataFrame(np.eye(12, dtype=int)).iloc[:, ::-1]
    np.testing.assert_array_equal(targets_of(backwards, names)[0], np.eye(12))


def test_held_out_labels_may_be_relevant_nowhere() -> None:
    matrix = np.array([[1, 0], [-1, 0]])
    lists, unknown = held_out_of(pd.DataFrame(matrix, columns=["b", "a"]), ["a", "b"])
    assert (lists, unknown) == ([["b"], []], [[], ["b"]])
    assert held_out_of(matrix, ["0", "1"])[0] == [["0"], []]
    assert held_out_of([["a"], None], ["a", "b"]) == ([["a"], None], None)


@pytest.mark.parametrize(
    ("y", "said"),
    [
        (np.eye(3, dtype=int), "validation has 3 columns, but there are 2 labels"),
        (np.eye(2, dtype=int), "validation is a matrix without names, but the labels have names"),
        (pd.DataFrame({"a": [1]}), "validation has no column for the label 'b'"),
        (pd.DataFrame({"a": [1], "b": [2]}), "validation holds 2 in row 0, column 'b'"),
        (["a"], r"validation\[0\] is 'a', no list of label names"),
        (None, "the target validation is None"),
    ],
)
def test_held_out_labels_that_do_not_fit_are_told(y: object, said: str) -> None:
    with pytest.raises(DataError, match=said):
        held_out_of(y, ["a", "b"])
