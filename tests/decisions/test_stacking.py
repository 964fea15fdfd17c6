import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clmil.decisions.calibration import logit, sigmoid
from clmil.decisions.stacking import Stack, equal_stack, fit_stack

RNG = np.random.default_rng(0)
TRUTH = RNG.normal(-2, 2, (3000, 4))
TARGETS = (RNG.random(TRUTH.shape) < sigmoid(TRUTH)).astype(np.int8)


def log_loss(probabilities, targets):
    known = targets >= 0
    p = probabilities[known].astype(np.float64)
    return -np.where(targets[known] == 1, np.log(p), np.log1p(-p)).mean()


def test_a_mixture_by_hand():
    mixed = Stack(weights=(0.5, 0.25), bias=-0.1).mix([np.array([[0.8]]), np.array([[0.3]])])
    expected = 1 / (1 + np.exp(-(0.5 * np.log(4) + 0.25 * np.log(3 / 7) - 0.1)))
    assert mixed.dtype == np.float32
    assert mixed[0, 0] == pytest.approx(expected, rel=1e-6)
    alone = Stack(weights=(1.0, 0.0)).mix([np.array([[0.8]]), np.array([[0.3]])])
    assert alone[0, 0] == pytest.approx(0.8)


def test_what_was_put_in_is_found():
    """Log odds that are 0.7 of one system's, 0.4 of another's and 0.3 are so weighed."""
    other = RNG.normal(0, 2, TRUTH.shape)
    one = sigmoid((TRUTH - 0.4 * other - 0.3) / 0.7)
    stack = fit_stack([one, sigmoid(other)], TARGETS)
    assert stack.weights == pytest.approx((0.7, 0.4), abs=0.05)
    assert stack.bias == pytest.approx(0.3, abs=0.1)


def test_two_who_err_differently_are_better_together():
    noisy = [sigmoid(TRUTH + RNG.normal(0, 2, TRUTH.shape)) for _ in range(2)]
    half, rest = slice(0, 1500), slice(1500, None)
    stack = fit_stack([one[half] for one in noisy], TARGETS[half])
    mixed = log_loss(stack.mix([one[rest] for one in noisy]), TARGETS[rest])
    assert mixed < min(log_loss(one[rest], TARGETS[rest]) for one in noisy)


def test_one_who_knows_nothing_or_the_contrary_gets_no_weight():
    good, contrary = sigmoid(TRUTH), sigmoid(-TRUTH)
    assert fit_stack([good, contrary], TARGETS).weights[1] <= 0.5
    guess = sigmoid(RNG.normal(0, 2, TRUTH.shape))
    weights = fit_stack([good, guess], TARGETS).weights
    assert weights[1] < 0.05
    assert weights[0] == pytest.approx(1, abs=0.1)
    wrong = fit_stack([sigmoid(TRUTH + RNG.normal(0, 1, TRUTH.shape)), 1 - guess], TARGETS)
    assert min(wrong.weights) >= 0


def test_unknown_cells_do_not_count_and_none_leave_equal_weights():
    noisy = [sigmoid(TRUTH + RNG.normal(0, 1, TRUTH.shape)) for _ in range(2)]
    hidden = TARGETS.copy()
    hidden[::2] = -1
    seen = fit_stack([one[1::2] for one in noisy], TARGETS[1::2])
    assert fit_stack(noisy, hidden).weights == pytest.approx(seen.weights, abs=1e-4)
    assert fit_stack(noisy, np.full_like(TARGETS, -1)) == equal_stack(2)


def test_few_cells_move_the_weights_little():
    noisy = [sigmoid(TRUTH + RNG.normal(0, 2, TRUTH.shape)) for _ in range(2)]
    stack = fit_stack([one[:2] for one in noisy], TARGETS[:2])
    assert stack.weights == pytest.approx((0.5, 0.5), abs=0.6)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 4))
def test_mixing_is_sound(seed, systems):
    rng = np.random.default_rng(seed)
    given_ = [rng.random((5, 3)).round(2) for _ in range(systems)]  # 0 and 1 among them
    stack = fit_stack(given_, rng.integers(-1, 2, (5, 3)).astype(np.int8))
    mixed = stack.mix(given_)
    assert np.isfinite(mixed).all()
    assert ((mixed >= 0) & (mixed <= 1)).all()
    assert all(weight >= 0 for weight in stack.weights)
    order = np.random.default_rng(0).permutation(systems)
    again = Stack(weights=tuple(stack.weights[k] for k in order), bias=stack.bias)
    np.testing.assert_allclose(again.mix([given_[k] for k in order]), mixed, atol=1e-6)
    assert logit(mixed).shape == (5, 3)
