"""Curves: scikit-learn's points, scores at single thresholds, frequencies by hand."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from clmil.decisions.curves import average_precisions, precision_recall, reliability, sweep
from clmil.decisions.metrics import score, threshold

RNG = np.random.default_rng(3)
TARGETS = RNG.integers(-1, 2, (60, 4)).astype(np.int8)
GIVEN = RNG.random((60, 4)).round(2).astype(np.float32)


def test_points_by_hand():
    precision, recall = precision_recall(
        np.array([0.9, 0.9, 0.5, 0.7, 0.1]), np.array([1, 0, 1, -1, 0])
    )
    assert precision.tolist() == [1 / 2, 2 / 3, 1 / 2]
    assert recall.tolist() == [0.5, 1.0, 1.0]


def test_no_relevant_document_has_no_curve():
    precision, recall = precision_recall(np.array([0.2, 0.3]), np.array([0, -1]))
    assert len(precision) == len(recall) == 0
    assert np.isnan(average_precisions(GIVEN, np.zeros((60, 4), dtype=np.int8))).all()


def test_areas_leave_out_unknown_cells():
    expected = [
        average_precision_score(TARGETS[known, k], GIVEN[known, k])
        for k in range(4)
        for known in [TARGETS[:, k] >= 0]
    ]
    np.testing.assert_allclose(average_precisions(GIVEN, TARGETS), expected)


@pytest.mark.parametrize("place", [0, 25, 50, 75, 99])
def test_a_sweep_is_the_score_at_each_threshold(place):
    given = RNG.random((60, 4))
    found = sweep(given, TARGETS)
    assert found.thresholds[place] == place / 100
    one = score(TARGETS, threshold(given, place / 100))
    for key in ("micro_precision", "micro_recall", "micro_f1", "macro_f1"):
        assert getattr(found, key)[place] == pytest.approx(getattr(one, key))


def test_reliability_by_hand():
    found = reliability(
        np.array([[0.1, 0.2], [0.9, 1.0], [0.3, 0.9]]),
        np.array([[0, 1], [1, 1], [-1, 0]]),
        bins=2,
    )
    assert found.cells.tolist() == [2, 3]
    np.testing.assert_allclose(found.probability, [0.15, 2.8 / 3])
    np.testing.assert_allclose(found.frequency, [1 / 2, 2 / 3])
