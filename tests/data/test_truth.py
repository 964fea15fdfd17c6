"""Labels in the order of a classifier's columns."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clmil.data.truth import targets_of


@given(arrays(np.int8, (5, 3), elements=st.integers(-1, 1)))
def test_targets_are_the_matrix_in_the_order_of_the_names(matrix: np.ndarray) -> None:
    targets, outside = targets_of(matrix, ["x", "y", "z"])
    np.testing.assert_array_equal(targets, matrix)
    assert not outside.any()
    frame = pd.DataFrame(matrix, columns=["x", "y", "foreign"])
    targets, outside = targets_of(frame, ["y", "z", "x"])
    np.testing.assert_array_equal(targets[:, [2, 0]], matrix[:, :2])
    assert not targets[:, 1].any()
    np.testing.assert_array_equal(outside, matrix[:, 2] == 1)


def test_targets_of_lists_mask_what_nobody_has_annotated() -> None:
    targets, outside = targets_of([["b"], None, [], ["a", "new"]], ["a", "b"])
    assert targets.tolist() == [[0, 1], [-1, -1], [0, 0], [1, 0]]
    assert outside.tolist() == [False, False, False, True]
