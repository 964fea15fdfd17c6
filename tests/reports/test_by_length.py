"""Scores of short and of long texts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clmil.decisions.metrics import score
from clmil.reports.by_length import BANDS, scores_by_length


def test_what_stands_far_behind_is_missed() -> None:
    texts = ["word " * n for n in (1, 2, 3, 4, 50, 60, 70, 80)]
    targets = np.ones((8, 1), dtype=np.int8)
    predictions = np.array([[1]] * 6 + [[0]] * 2, dtype=np.int8)
    found = scores_by_length(texts, targets, predictions)
    assert [one["words"] for one in found] == [[1, 2], [3, 4], [50, 60], [70, 80]]
    assert [one["documents"] for one in found] == [2, 2, 2, 2]
    assert [one["f1"] for one in found] == [1, 1, 1, 0]
    assert [one["recall"] for one in found] == [1, 1, 1, 0]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=30), st.integers(0, 5))
def test_every_annotated_document_is_in_one_part(lengths: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    targets = rng.integers(-1, 2, (len(lengths), 2)).astype(np.int8)
    predictions = rng.integers(0, 2, targets.shape).astype(np.int8)
    found = scores_by_length(["w " * length for length in lengths], targets, predictions)
    assert len(found) <= BANDS
    assert sum(one["documents"] for one in found) == score(targets, predictions).documents
    ends = [end for one in found for end in one["words"]]
    assert ends == sorted(ends)
    assert len({one["words"][0] for one in found}) == len(found)


@pytest.mark.parametrize("annotated", [0, 3])
def test_texts_of_one_length_are_one_part(annotated: int) -> None:
    targets = np.full((3, 2), 1 if annotated else -1, dtype=np.int8)
    found = scores_by_length(["a b"] * 3, targets, np.ones_like(targets))
    assert [one["documents"] for one in found] == ([3] if annotated else [])
