"""Calibration errors by hand and against a naive reference."""

import numpy as np
import pytest

from clmil.decisions.calibration import sigmoid
from clmil.decisions.calibration_error import adaptive_error, calibration_error, classwise_error


def naive(probabilities, targets, bins, least):
    """Sort the cells of a label and cut them into parts that differ by one cell at most."""
    errors = []
    for p, t in zip(probabilities.T, targets.T, strict=True):
        known = (t >= 0) & (p > least)
        if known.any():
            order = np.argsort(p[known], kind="stable")
            number = len(order)
            size = min(bins, number)
            place = np.arange(number) * size // number
            gap = (p[known] - t[known])[order]
            errors.append(sum(abs(gap[place == b].sum()) for b in range(size)) / number)
    return np.mean(errors)


def test_by_hand():
    probabilities = np.array([[0.1, 0.9], [0.3, 0.9], [0.6, 0.0], [0.8, 0.0]])
    hit = np.array([[0, 1], [1, 1], [0, 0], [1, 0]], dtype=float)
    cells = np.ones((4, 2), dtype=bool)
    # first label, halves: |.4 - 1| + |1.4 - 1|; second: |1.8 - 2| + 0, over 4 cells each
    assert classwise_error(probabilities, hit, cells, bins=2) == pytest.approx((0.25 + 0.05) / 2)
    assert adaptive_error(probabilities, hit, cells, bins=2) == pytest.approx((0.25 + 0.05) / 2)
    assert adaptive_error(probabilities, hit, cells, bins=1) == pytest.approx((0.05 + 0.05) / 2)


def test_against_the_naive_reference():
    rng = np.random.default_rng(0)
    probabilities = sigmoid(rng.normal(-3, 3, (203, 7)))
    probabilities[:, 6] = 0.001
    targets = (rng.random(probabilities.shape) < 0.3).astype(np.int8)
    targets[rng.random(targets.shape) < 0.1] = -1
    found = calibration_error(probabilities, targets)
    assert found.adaptive == pytest.approx(naive(probabilities, targets, 15, -1))
    assert found.adaptive_above == pytest.approx(naive(probabilities, targets, 15, 0.01))


def test_right_probabilities_err_by_chance_alone():
    rng = np.random.default_rng(1)
    probabilities = sigmoid(rng.normal(-2, 2, (3000, 10)))
    targets = (rng.random(probabilities.shape) < probabilities).astype(np.int8)
    found = calibration_error(probabilities, targets)
    assert found.adaptive_above == pytest.approx(found.chance_above, rel=0.15)
    wrong = calibration_error(sigmoid(rng.normal(0, 2, (3000, 10))), targets)
    assert wrong.adaptive_above > 3 * wrong.chance_above


def test_nothing_known_and_nothing_above():
    unknown = np.full((3, 2), -1, dtype=np.int8)
    assert calibration_error(np.full((3, 2), 0.7), unknown).adaptive == 0
    low = calibration_error(np.full((3, 2), 0.005), np.zeros((3, 2), dtype=np.int8))
    assert (low.adaptive_above, low.adaptive) == (0, pytest.approx(0.005))


def test_what_is_compared_is_judged_on_the_same_cells():
    rng = np.random.default_rng(3)
    right = sigmoid(rng.normal(-4, 1, (2000, 4)))
    targets = (rng.random(right.shape) < right).astype(np.int8)
    hidden = np.full(right.shape, 0.0099)
    assert calibration_error(hidden, targets).adaptive_above == 0
    beside = calibration_error(hidden, targets, beside=right).adaptive_above
    assert beside > calibration_error(right, targets, beside=hidden).adaptive_above
