import numpy as np
import pytest

from clmil.data.arguments import descriptions_of, pair_of, weights_of
from clmil.errors import DataError


def test_a_pair_is_taken_apart():
    assert pair_of((["a"], [["x"]])) == (["a"], [["x"]])
    for wrong in (["a"], "ab", None):
        with pytest.raises(DataError, match="give validation="):
            pair_of(wrong)


def test_known_labels_are_described_by_sentences():
    assert descriptions_of(None, {"x"}) == {}
    assert descriptions_of({"x": "An X."}, {"x": 3}) == {"x": "An X."}
    for wrong, told in (({"y": "A Y."}, "no text carries the label 'y'"), ({"x": 3}, "is 3;")):
        with pytest.raises(DataError, match=told):
            descriptions_of(wrong, {"x": 3})


def test_weights_are_one_a_text():
    assert weights_of(None, 3).tolist() == [1, 1, 1]
    assert weights_of([0, 2], 2).dtype == np.float64
    for wrong, told in (([1], r"shape \(1,\); give one for each of 2"), (["a", 1], "no number")):
        with pytest.raises(DataError, match=told):
            weights_of(wrong, 2)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ([1, np.nan], r"sample_weight\[1\] is nan; give finite numbers of 0 or more"),
        ([np.inf, 1], r"sample_weight\[0\] is inf"),
        ([1, -1], r"sample_weight\[1\] is -1"),
        ([0, 0], "sample_weight is 0 for every text"),
    ],
)
def test_weights_that_cannot_be_averaged_with_are_told(wrong, told):
    with pytest.raises(DataError, match=told):
        weights_of(wrong, 2)
