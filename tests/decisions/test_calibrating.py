"""Calibration: right on unseen documents, left out where nothing is to gain."""

import numpy as np
import pytest

from clmil.decisions.calibrating import _isotonic, fit_calibration
from clmil.decisions.calibration import Temperature, logit, sigmoid
from clmil.decisions.calibration_error import calibration_error
from clmil.decisions.log_loss import log_loss
from tests.decisions.synthetic import documents

KINDS = ("temperature", "isotonic")


@pytest.mark.parametrize("kind", KINDS)
def test_error_on_unseen_documents_halves_at_least(kind):
    raw, targets = documents(1500, 0, slope=0.5, shift=-1.0)
    unseen, unseen_targets = documents(8000, 1, slope=0.5, shift=-1.0)
    calibration, _, facts = fit_calibration(kind, raw, targets)
    before = calibration_error(unseen, unseen_targets)
    after = calibration_error(calibration.apply(unseen), unseen_targets)
    assert after.adaptive_above < before.adaptive_above / 2
    assert after.classwise < before.classwise / 2
    assert facts["log_loss"]["after"] < facts["log_loss"]["before"]


@pytest.mark.parametrize("kind", KINDS)
def test_it_hurts_no_seed_and_gains_in_nearly_all(kind):
    """Twenty draws: unseen log-loss falls where probabilities are wrong."""
    gains = []
    for seed in range(20):
        raw, targets = documents(400, seed, labels=8, slope=0.6, shift=-0.6)
        unseen, unseen_targets = documents(1500, 100 + seed, labels=8, slope=0.6, shift=-0.6)
        calibration = fit_calibration(kind, raw, targets)[0]
        after = unseen if calibration is None else calibration.apply(unseen)
        gains.append(1 - log_loss(after, unseen_targets) / log_loss(unseen, unseen_targets))
    assert min(gains) > 0
    assert np.mean(gains) > 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_held_out_losses_foretell_unseen_ones(kind):
    raw, targets = documents(1500, 2, slope=0.5, shift=-1.0)
    unseen, unseen_targets = documents(20_000, 3, slope=0.5, shift=-1.0)
    calibration, held_out, facts = fit_calibration(kind, raw, targets)
    assert log_loss(held_out, targets) == facts["log_loss"]["after"]
    found = log_loss(calibration.apply(unseen), unseen_targets)
    assert facts["log_loss"]["after"] == pytest.approx(found, rel=0.05)


@pytest.mark.parametrize("kind", KINDS)
def test_right_probabilities_are_left_alone(kind):
    rng = np.random.default_rng(0)
    raw = sigmoid(rng.normal(-2, 2, (400, 20)))
    targets = (rng.random(raw.shape) < raw).astype(np.int8)
    calibration, held_out, facts = fit_calibration(kind, raw, targets)
    assert calibration is None
    assert facts["kind"] == "none"
    assert (held_out == raw).all()


def test_slope_and_bias_are_found_again():
    rng = np.random.default_rng(1)
    raw = sigmoid(rng.normal(0, 2, (20_000, 2)))
    targets = (rng.random(raw.shape) < sigmoid(0.5 * logit(raw) - 1)).astype(np.int8)
    calibration = fit_calibration("temperature", raw, targets)[0]
    assert isinstance(calibration, Temperature)
    assert calibration.slopes.tolist() == pytest.approx([0.5] * 2, abs=0.03)
    assert calibration.biases.tolist() == pytest.approx([-1.0] * 2, abs=0.06)


@pytest.mark.parametrize("kind", KINDS)
def test_a_label_never_seen_is_calibrated_as_all_are(kind):
    raw, targets = documents(1500, 4, slope=0.4, shift=-1.0)
    targets[:, 0] = -1
    calibration = fit_calibration(kind, raw, targets)[0]
    assert calibration is not None
    found = calibration.apply(np.full((1, raw.shape[1]), 0.9))
    assert found[0, 0] == pytest.approx(np.mean(found), abs=0.1)
    assert found[0, 0] < 0.85


@pytest.mark.parametrize("kind", KINDS)
def test_order_within_a_label_is_kept_and_values_are_probabilities(kind):
    raw, targets = documents(600, 5, slope=0.4, shift=-1.0)
    calibration = fit_calibration(kind, raw, targets)[0]
    line = np.linspace(0, 1, 300)[:, None].repeat(raw.shape[1], axis=1)
    found = calibration.apply(line)
    assert (np.diff(found, axis=0) >= 0).all()
    assert ((found >= 0) & (found <= 1)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_cells_say_nothing(kind):
    raw, targets = documents(500, 6, labels=6, slope=0.4, shift=-1.0)
    hidden = np.random.default_rng(0).random(targets.shape) < 0.3
    targets[hidden] = -1
    fits = [
        fit_calibration(kind, values, targets)[0]
        for values in (raw, np.where(hidden, 0.123, raw).astype(np.float32))
    ]
    probe = np.random.default_rng(1).random((50, 6))
    np.testing.assert_allclose(fits[0].apply(probe), fits[1].apply(probe), atol=1e-6)


def test_rare_labels_lean_more_on_all_together():
    raw, targets = documents(1000, 7)
    weights = [fit.weights for _, fit in _isotonic(raw, targets)]
    seen = (targets == 1).sum(axis=0)
    assert weights[0].tolist() == [0] * len(seen)
    assert (np.diff(weights[-1][np.argsort(seen)]) >= 0).all()
    assert (weights[-1] > weights[-2]).all()
