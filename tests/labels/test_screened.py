"""Sources that are drawn and tested: the same as those that are listed, and alike in chance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clmil.labels import screened
from clmil.labels.drawing import distinct_ranks, drop_repeats
from clmil.labels.screened import ScreenedSources, pack
from clmil.labels.sets import DistinctSets


def corpus(seed, documents, labels, share=0.15):
    targets = (np.random.default_rng(seed).random((documents, labels)) < share).astype(np.int8)
    targets[0, 0] = -1  # is no source
    return targets


def admissible(targets, blocked):
    """Return (m, n) bool, the slow and plain way."""
    clear = ~((targets == 1)[None] & blocked[:, None]).any(axis=2)
    return clear & (targets >= 0).all(axis=1)


@given(
    st.integers(0, 10**6),
    st.integers(1, 60),
    st.sampled_from([1, 5, 13, 64, 65, 130]),
    st.integers(1, 9),
)
@settings(deadline=None, max_examples=60)
def test_draws_are_admissible_and_distinct_where_they_can_be(seed, documents, labels, k):
    targets = corpus(seed, documents, labels)
    rng = np.random.default_rng(seed + 1)
    blocked = rng.random((7, labels)) < 0.2
    drawn = ScreenedSources.of(DistinctSets.of(targets)).draw(blocked, k, rng)
    for row, allowed in zip(drawn, admissible(targets, blocked), strict=True):
        if not allowed.any():
            assert (row == -1).all()
        else:
            assert allowed[row].all()
            assert len(set(row.tolist())) == k or allowed.sum() < k


@pytest.mark.parametrize("rounds", [0, 1, 64])
def test_every_admissible_document_is_as_likely_as_any_other(monkeypatch, rounds):
    """Whether tries suffice always, at times (one round: ties break off) or never."""
    monkeypatch.setattr(screened, "ROUNDS", rounds)
    targets = np.repeat(corpus(3, 12, 6, 0.3), [1, 9, 1, 2, 5, 1, 1, 7, 1, 3, 1, 1], axis=0)
    blocked = np.array([[True, False, False, False, False, False]])
    sources = np.flatnonzero(admissible(targets, blocked)[0])
    times = 20_000
    mine = ScreenedSources.of(DistinctSets.of(targets))
    drawn = mine.draw(np.repeat(blocked, times, axis=0), 3, np.random.default_rng(5))
    expected = times / len(sources)
    for slot in drawn.T:
        counts = np.bincount(slot, minlength=len(targets))
        assert counts[sources].sum() == times
        assert (np.abs(counts[sources] - expected) < 5 * np.sqrt(expected)).all()
    pairs = drawn[:, 0] * len(targets) + drawn[:, 1]
    likely = times / (len(sources) * (len(sources) - 1))
    assert np.unique(pairs).size == len(sources) * (len(sources) - 1)
    assert np.bincount(pairs).max() < likely + 6 * np.sqrt(likely)


def test_buckets_hold_every_source_once():
    targets = corpus(1, 500, 20)
    mine = ScreenedSources.of(DistinctSets.of(targets))
    assert sorted(mine.documents.tolist()) == list(range(1, 500))
    assert len(mine.screen) == screened.SCREEN
    assert (mine.set_ends[-1], mine.document_ends[-1]) == (len(mine.counts), 499)
    np.testing.assert_array_equal(mine.words[:, mine.set_of], pack((targets == 1)[mine.documents]))
    frequency = (targets[1:] == 1).sum(axis=0)
    left_out = np.setdiff1d(np.arange(20), mine.screen)
    assert frequency[mine.screen].min() >= frequency[left_out].max()


def test_no_rows_and_no_sources():
    mine = ScreenedSources.of(DistinctSets.of(np.array([[-1, 0], [0, -1]])))
    rng = np.random.default_rng(0)
    assert mine.draw(np.zeros((0, 2), dtype=bool), 3, rng).shape == (0, 3)
    assert (mine.draw(np.zeros((2, 2), dtype=bool), 3, rng) == -1).all()


def test_repeats_are_dropped():
    ranks = np.array([[4, 1, 4, 4], [9, 3, 9, 0]])
    assert drop_repeats(ranks, 9).tolist() == [[1, 4, 9, 9], [0, 3, 9, 9]]
    drawn = distinct_ranks(50, 4, 9, np.random.default_rng(0))
    assert (np.diff(np.sort(drawn, axis=1)) > 0).all()
