import numpy as np
import pytest

from clmil.decisions.log_loss import document_losses, log_loss

TARGETS = np.array([[1, 0], [-1, 1]], dtype=np.int8)
GIVEN = np.array([[0.5, 0.5], [0.9, 0.25]])


def test_log_loss_by_hand():
    assert document_losses(GIVEN, TARGETS).tolist() == pytest.approx([np.log(4), np.log(4)])
    assert log_loss(GIVEN, TARGETS) == pytest.approx((np.log(2) * 2 + np.log(4)) / 3)


def test_losses_are_finite_and_nothing_known_costs_nothing():
    assert np.isfinite(document_losses(1.0 - TARGETS, TARGETS)).all()
    assert log_loss(GIVEN, np.full_like(TARGETS, -1)) == 0
