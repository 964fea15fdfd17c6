"""Intervals: plain resampling as reference, pairing, seeds, coverage."""

import time

import numpy as np
import pytest

from clmil.decisions import bootstrap
from clmil.decisions.bootstrap import METRICS, difference, interval, resample
from clmil.decisions.metrics import score

RNG = np.random.default_rng(1)
TARGETS = RNG.choice([-1, 0, 1], (50, 4), p=[0.1, 0.6, 0.3]).astype(np.int8)
GIVEN = np.where(RNG.random((50, 4)) < 0.8, TARGETS == 1, TARGETS != 1).astype(np.int8)


def test_draws_are_scores_of_drawn_documents():
    [draws] = resample(TARGETS, [GIVEN], resamples=30, seed=5)
    drawn = np.random.default_rng(5).integers(50, size=(30, 50))
    for place, rows in enumerate(drawn):
        one = score(TARGETS[rows], GIVEN[rows])
        assert all(label.support for label in one.per_label)
        for metric in METRICS:
            assert getattr(draws, metric)[place] == pytest.approx(getattr(one, metric))
        labels = [label.f1 for label in one.per_label]
        assert draws.label_f1[place] == pytest.approx(labels)


def test_a_label_that_is_not_drawn_keeps_its_f1():
    targets = np.zeros((20, 2), dtype=np.int8)
    targets[:, 0] = targets[0, 1] = 1
    [right] = resample(targets, [targets], resamples=200)
    assert (right.macro_f1 == 1).all()
    missed = targets * [[1, 0]]
    [draws] = resample(targets, [missed], resamples=200)
    assert (draws.label_f1[:, 1] == 0).all()
    assert (draws.macro_f1 == 0.5).all()


def test_a_label_that_is_unknown_everywhere_is_in_no_mean():
    hidden = np.where(np.arange(4) == 3, -1, TARGETS)
    [whole], [less] = (
        resample(*pair) for pair in ((hidden, [GIVEN]), (TARGETS[:, :3], [GIVEN[:, :3]]))
    )
    np.testing.assert_allclose(whole.macro_f1, less.macro_f1)


def test_unannotated_documents_are_not_drawn():
    more, given = np.r_[TARGETS, np.full_like(TARGETS, -1)], np.r_[GIVEN, GIVEN]
    for one, other in zip(
        resample(more, [given], resamples=20), resample(TARGETS, [GIVEN], resamples=20), strict=True
    ):
        assert (one.micro_f1 == other.micro_f1).all()


def test_seeds_and_blocks(monkeypatch):
    [one], [same], [other] = (resample(TARGETS, [GIVEN], resamples=40, seed=k) for k in (1, 1, 2))
    assert (one.macro_f1 == same.macro_f1).all()
    assert (one.macro_f1 != other.macro_f1).any()
    monkeypatch.setattr(bootstrap, "BLOCK", 130)
    [blocks] = resample(TARGETS, [GIVEN], resamples=40, seed=1)
    for metric in METRICS:
        np.testing.assert_allclose(getattr(blocks, metric), getattr(one, metric))


def test_identical_models_do_not_differ():
    one, other = resample(TARGETS, [GIVEN, GIVEN.copy()], resamples=100)
    found = difference(0.0, one.micro_f1 - other.micro_f1)
    assert (found.value, found.low, found.high) == (0, 0, 0)
    assert (found.p_value, found.wins) == (1.0, 0.5)


def test_a_better_model_wins():
    one, other = resample(TARGETS, [(TARGETS == 1).astype(np.int8), GIVEN], resamples=199)
    gain = difference(0.2, one.micro_f1 - other.micro_f1)
    assert 0 < gain.low < gain.high
    assert gain.wins == 1.0
    assert gain.p_value == pytest.approx(2 / 200)
    loss = difference(-0.2, one.hamming_loss - other.hamming_loss, sign=-1)
    assert loss.high < 0
    assert loss.wins == 1.0


def test_intervals_cover_the_truth():
    """A Hamming loss of 0.2 lies in about 95 of 100 intervals."""
    rng, hits = np.random.default_rng(0), 0
    for trial in range(100):
        targets = (rng.random((150, 3)) < 0.4).astype(np.int8)
        wrong = (rng.random((150, 3)) < 0.2).astype(np.int8)
        [draws] = resample(targets, [targets ^ wrong], resamples=200, seed=trial)
        ends = interval(draws.hamming_loss)
        hits += ends.low <= 0.2 <= ends.high
    assert 88 <= hits <= 100


def test_it_is_fast():
    targets = (RNG.random((10_000, 100)) < 0.03).astype(np.int8)
    start = time.perf_counter()
    [draws] = resample(targets, [targets])
    assert time.perf_counter() - start < 10
    assert draws.micro_f1.shape == (1000,)
