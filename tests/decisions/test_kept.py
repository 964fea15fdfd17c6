"""What a rule with a promise does on labelled texts."""

from dataclasses import replace

import numpy as np
import pytest

from clmil.decisions.kept import what_is_kept
from clmil.decisions.rule import DecisionRule

RAW = np.array([[0.9, 0.2, 0.1], [0.6, 0.5, 0.4], [0.1, 0.8, 0.1], [0.9, 0.9, 0.9]], np.float32)
TARGETS = np.array([[1, 0, 0], [0, 1, 0], [0, 1, 1], [-1, -1, -1]], np.int8)


def test_by_hand():
    kept = what_is_kept(DecisionRule.fixed(3), RAW, TARGETS)
    assert kept.documents == 3
    assert kept.missed == pytest.approx((0 + 1 + 0.5) / 3)
    assert kept.precision == pytest.approx(2 / 3)
    assert kept.f1 == pytest.approx(4 / 7)
    assert kept.labels == pytest.approx(1.0)
    assert kept.wrong == pytest.approx((0 + 2 + 1) / 3)
    assert kept.referred == 0
    assert kept.wrong_rest == kept.wrong


def test_with_a_person():
    rule = replace(DecisionRule.fixed(3), refer_above=1.0)  # the second: .4 + .5 + .4
    kept = what_is_kept(rule, RAW, TARGETS)
    assert kept.referred == pytest.approx(1 / 3)
    assert kept.wrong_rest == pytest.approx(0.5)
    assert kept.f1_rest == pytest.approx(4 / 5)


def test_when_all_are_referred_there_is_no_rest():
    kept = what_is_kept(replace(DecisionRule.fixed(3), refer_above=0.0), RAW, TARGETS)
    assert kept.referred == 1
    assert kept.wrong_rest is None
    assert kept.f1_rest is None
