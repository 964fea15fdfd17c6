"""Texts in the forms of Python users; tests/test_estimator_checks.py has the rest of them."""

import numpy as np
import pytest

from clmil.data.texts import texts_of
from clmil.data.values import LONGEST_TEXT
from clmil.errors import DataError


def test_texts_become_plain_strings() -> None:
    texts = texts_of(np.array(["one", "", "three"]))
    assert texts == ["one", "", "three"]
    assert {type(text) for text in texts} == {str}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["a", 1], r"X\[1\] is int, not a text; give strings"),
        (np.zeros((2, 3)), r"X is a ndarray of the shape \(2, 3\); give a list of texts"),
        (3, "X is a int; give a list"),
        ({"a", "b"}, "X is a set, which has no order"),
        (["x" * (LONGEST_TEXT + 1)], r"X\[0\]: the text has 1,000,001 characters"),
        (["\ud83d"], r"X\[0\]: the text holds half a surrogate pair"),
    ],
)
def test_what_is_refused(given: object, said: str) -> None:
    with pytest.raises(DataError, match=said):
        texts_of(given)
