"""Contrastive negatives: the worked corpus, exact uniformity, fallbacks."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clmil.labels import negatives
from clmil.labels.negatives import NegativeSampler, low_frequency, target_documents
from clmil.labels.relations import LabelRelations
from tests.labels.examples import corpus, row

FIXTURE = HealthCheck.function_scoped_fixture  # which way is taken, the same for all examples
TARGETS = st.tuples(st.integers(1, 25), st.integers(2, 6)).flatmap(
    lambda shape: arrays(np.int8, shape, elements=st.sampled_from([0, 0, 1]))
)


@pytest.fixture(params=["listed", "tested"], autouse=True)
def way(request, monkeypatch):
    """Take each of the two ways of sampling, whatever the number of label sets."""
    monkeypatch.setattr(negatives, "LISTED", 10**9 if request.param == "listed" else -1)
    return request.param


def sampler(targets: np.ndarray, rule: str = "lowmean", **more: np.ndarray) -> NegativeSampler:
    return NegativeSampler.build(targets, LabelRelations.fit(targets), rule=rule, **more)


def one(targets: np.ndarray, target: int, k: int, rule: str = "lowmean") -> np.ndarray:
    """Return k sources of one target."""
    drawn = sampler(targets, rule).sample(np.array([target]), k, np.random.default_rng(0))
    assert drawn.dtype == np.int64
    return drawn[0]


def test_worked_negatives():
    assert set(one(corpus(), 0, 2)) == {5, 6}
    assert set(one(corpus(), 2, 2)) == {5, 6}
    assert set(one(corpus(), 5, 4)) == {0, 1, 2, 3}
    assert set(one(corpus(), 0, 3, "disjoint")) == {4, 5, 6}


def test_an_empty_rule_falls_back_to_a_weaker_one_and_then_skips():
    mine = sampler(corpus())
    drawn = mine.sample(np.array([4, 7, 0, 4]), 2, np.random.default_rng(0))
    assert [set(part) for part in drawn.tolist()] == [{0, 1}, {-1}, {5, 6}, {0, 1}]
    assert mine.report == {"lowmean": 1, "disjoint": 2, "none": 1}
    np.testing.assert_array_equal(
        mine.admissible(np.array([4, 7, 0, 4]), np.array([0, 5, 6])),
        [[True, False, False], [False] * 3, [False, True, True], [True, False, False]],
    )


def test_zero_falls_back_to_lowmean_first():
    mine = sampler(corpus(), "zero")
    drawn = mine.sample(np.array([0, 4]), 2, np.random.default_rng(0))
    assert [set(part) for part in drawn.tolist()] == [{5, 6}, {0, 1}]
    assert mine.report == {"zero": 0, "lowmean": 1, "disjoint": 1, "none": 0}


def test_draws_again_only_where_there_are_too_few():
    drawn = one(corpus(), 0, 9)
    assert set(drawn) == {5, 6}
    assert len(set(one(corpus(), 0, 2))) == 2


@pytest.mark.parametrize("k", [3, 7, 12])
def test_uniform_without_replacement(k):
    """13 sources in three sets, small and large shares of them drawn: all alike in each slot."""
    targets = np.array([row("a", 4)] + [row("b", 4)] * 7 + [row("c", 4)] * 5 + [row("d", 4)])
    rounds = 6000
    mine = sampler(targets)
    drawn = mine.sample(np.zeros(rounds, dtype=int), k, np.random.default_rng(3))
    assert (np.diff(np.sort(drawn, axis=1)) > 0).all()
    expected, spread = rounds / 13, 5 * np.sqrt(rounds / 13)
    for slot in drawn.T:
        counts = np.bincount(slot, minlength=14)
        assert counts[0] == 0
        assert (np.abs(counts[1:] - expected) < spread).all()


@given(TARGETS, st.sampled_from(["zero", "lowmean", "lowmean_sym", "disjoint"]), st.integers(1, 6))
@settings(deadline=None, max_examples=80, suppress_health_check=[FIXTURE])
def test_every_pair_is_admissible(targets, rule, k):
    mine = sampler(targets, rule)
    everyone = np.arange(len(targets))
    drawn = mine.sample(everyone, k, np.random.default_rng(0))
    allowed = mine.admissible(everyone, everyone)
    relations = mine.relations
    for t, sources in enumerate(drawn):
        chain = [
            relations.admissible(targets[[t]], targets, weaker)[0] & targets[t].any()
            for weaker in negatives.WEAKER[rule]
        ]
        expected = next((mask for mask in chain if mask.any()), np.zeros(len(targets), bool))
        np.testing.assert_array_equal(allowed[t], expected)
        if not expected.any():
            assert (sources == -1).all()
            continue
        assert expected[sources].all()
        assert t not in sources
        assert not (targets[sources] & targets[t]).any()
        assert len(set(sources.tolist())) == k or expected.sum() < k
    assert sum(mine.report.values()) == len(targets)


@given(TARGETS)
@settings(deadline=None, max_examples=40, suppress_health_check=[FIXTURE])
def test_lowmean_pairs_have_no_strong_pair(targets):
    mine = sampler(targets)
    m, mean = mine.relations.cooccurrence, mine.relations.mean_cooccurrence
    drawn = mine.sample(np.arange(len(targets)), 3, np.random.default_rng(0))
    strict = mine.relations.admissible(targets, targets)
    for t in np.flatnonzero(strict.any(axis=1) & targets.any(axis=1)):
        for s in drawn[t]:
            firsts, seconds = np.flatnonzero(targets[t]), np.flatnonzero(targets[s])
            assert all(m[a, b] <= mean[a] for a in firsts for b in seconds)


def test_blocks_do_not_matter(monkeypatch):
    """Where sets are listed; tested ones are drawn a block at a time."""
    monkeypatch.setattr(negatives, "LISTED", 10**9)
    targets = (np.random.default_rng(4).random((200, 9)) < 0.2).astype(np.int8)
    everyone = np.arange(200)
    whole = sampler(targets).sample(everyone, 5, np.random.default_rng(5))
    monkeypatch.setattr(negatives, "CELLS", 1)
    split = sampler(targets).sample(everyone, 5, np.random.default_rng(5))
    np.testing.assert_array_equal(whole, split)


def test_target_low_only_asks_rare_labels_alone():
    low = np.array([False, False, False, True, True])
    mine = sampler(corpus(), "target_low_only", low_frequency=low)
    drawn = mine.sample(np.array([4]), 2, np.random.default_rng(0))
    assert set(drawn[0]) == {0, 1}
    assert mine.report == {"target_low_only": 1, "disjoint": 0, "none": 0}


def test_unknown_labels_make_no_sources_but_having_none_does():
    targets = np.array([[1, 0], [-1, -1], [0, 0], [1, 1], [-1, 1]], dtype=np.int8)
    assert set(one(targets, 0, 4)) == {2}


def test_documents_without_labels_get_no_negatives():
    assert set(one(np.array([[0, 0], [1, 0]], dtype=np.int8), 0, 2)) == {-1}


def test_no_targets_and_no_sources():
    mine, none = sampler(corpus()), np.array([], dtype=np.int64)
    assert mine.sample(none, 3, np.random.default_rng(0)).shape == (0, 3)
    assert mine.admissible(none, np.array([1, 2])).shape == (0, 2)
    assert mine.admissible(np.array([1, 2]), none).shape == (2, 0)


def test_low_frequency_is_table_6s_tail():
    assert low_frequency((1000, 999, 0), 53_840).tolist() == [False, True, True]
    assert low_frequency((25, 24), 1_346).tolist() == [False, True]
    assert low_frequency((5, 4), 10, share=0.5).tolist() == [False, True]


def test_target_documents():
    low = np.array([False, True, True])
    targets = np.array([[1, 1, 0], [1, 0, -1], [0, 1, 1], [0, 0, 0], [-1, 1, 0]])
    assert target_documents(targets, low).tolist() == [0, 2, 4]
    assert target_documents(targets, low, membership="all").tolist() == [2, 4]


@pytest.mark.slow
def test_eight_hundred_thousand_documents():
    rng = np.random.default_rng(0)
    shares = np.minimum(0.47, 0.6 / np.arange(1, 104) ** 0.9)
    patterns = (rng.random((15_000, 103)) < shares).astype(np.int8)
    targets = patterns[rng.integers(15_000, size=800_000)]
    mine = sampler(targets)
    low = low_frequency(targets.sum(axis=0), len(targets))
    chosen = rng.permutation(target_documents(targets, low))[:188_000]
    drawn = mine.sample(chosen, 31, rng)
    assert drawn.shape == (188_000, 31)
    assert (np.diff(np.sort(drawn[:1000], axis=1)) > 0).all()
    for t in range(0, 1000, 50):
        allowed = mine.relations.admissible(targets[chosen[[t]]], targets[drawn[t]])
        assert allowed.all()
