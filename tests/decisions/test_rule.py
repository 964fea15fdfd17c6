"""The rule: thresholds, never empty, plain values and back."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clmil.decisions.calibration import Isotonic, Temperature
from clmil.decisions.rule import DecisionRule
from clmil.errors import DataError, ModelError

NAMES = ("a", "b", "c")
UNIT = st.floats(0, 1, width=32)


def test_strictly_greater_each_label_by_its_own():
    rule = DecisionRule(thresholds=np.array([0.3, 0.5, 1.0]))
    found = rule.decide(np.array([[0.3, 0.51, 1.0], [0.31, 0.5, 0.0]], dtype=np.float32))
    assert found.tolist() == [[0, 1, 0], [1, 0, 0]]
    assert found.dtype == np.int8


def test_the_nearest_fills_an_empty_text():
    rule = DecisionRule(thresholds=np.array([0.9, 0.3, 0.6]), never_empty=True)
    found = rule.decide(np.array([[0.5, 0.2, 0.4], [0.95, 0.0, 0.0]]))
    assert found.tolist() == [[0, 1, 0], [1, 0, 0]]  # -.4, -.1, -.2
    assert rule.decide(np.empty((0, 3))).shape == (0, 3)


@given(arrays(np.float32, (4, 3), elements=UNIT), arrays(np.float64, 3, elements=st.floats(0, 1)))
def test_never_empty_only_adds_to_empty_texts(probabilities, thresholds):
    plain = DecisionRule(thresholds=thresholds).decide(probabilities)
    full = DecisionRule(thresholds=thresholds, never_empty=True).decide(probabilities)
    empty = ~plain.any(axis=1)
    assert (full[~empty] == plain[~empty]).all()
    assert (full[empty].sum(axis=1) == 1).all()


@pytest.mark.parametrize(
    "calibration",
    [
        None,
        Temperature(slopes=np.array([1 / 3, 1, 2]), biases=np.array([-0.1, 0, 1e-9])),
        Isotonic(
            lines=(np.array([[0, 0.5, 1], [0, 0.1, 1]]), None, None),
            pooled=np.array([[0, 1], [0, 0.9]]),
            weights=np.array([0.25, 0, 0]),
        ),
    ],
)
def test_plain_values_and_back(calibration):
    rule = DecisionRule(
        thresholds=np.array([0.1, 1 / 3, 1]),
        calibration=calibration,
        never_empty=True,
        chosen={"objective": "macro-f1"},
    )
    stored = json.loads(json.dumps(rule.to_json(NAMES)))
    again = DecisionRule.from_json(stored, NAMES)
    raw = np.random.default_rng(0).random((20, 3))
    assert (again.thresholds == rule.thresholds).all()
    assert (again.calibrate(raw) == rule.calibrate(raw)).all()
    assert (again.never_empty, again.chosen) == (True, {"objective": "macro-f1"})
    swapped = DecisionRule.from_json(stored, NAMES[::-1])
    assert swapped.thresholds.tolist() == rule.thresholds[::-1].tolist()
    assert (swapped.calibrate(raw[:, ::-1]) == rule.calibrate(raw)[:, ::-1]).all()


def test_isotonic_mixes_by_weight():
    line, pooled = np.array([[0, 0.5, 1], [0, 0.1, 1]]), np.array([[0, 1], [0, 1]])
    mixed = Isotonic(lines=(line, None), pooled=pooled, weights=np.array([0.25, 0.9]))
    assert mixed.apply(np.array([[0.5, 0.5]]))[0].tolist() == pytest.approx([0.4, 0.5])


@pytest.mark.parametrize("bad", [1.1, -0.1, np.nan])
def test_thresholds_out_of_range(bad):
    with pytest.raises(DataError, match="is not between 0 and 1"):
        DecisionRule.fixed(3, bad)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"thresholds": {"a": 0.5, "b": 0.5}}, "'c' is missing"),
        ({"thresholds": {"a": 0.5, "b": 0.5, "c": 2}}, "the threshold 2 is not between 0 and 1"),
        ({"thresholds": {"a": 0.5, "b": 0.5, "c": "x"}}, "a value is of another kind"),
        ({"calibration": {"kind": "other", "labels": {n: {} for n in NAMES}}}, "of another kind"),
        ({"calibration": {"kind": "isotonic", "labels": {}}}, "'a' is missing"),
        ({"calibration": 3}, "a value is of another kind"),
    ],
)
def test_damaged_values(change, told):
    stored = DecisionRule.fixed(3).to_json(NAMES) | change
    with pytest.raises(ModelError, match=rf"\(.*{told}.*\); .*clmil decide"):
        DecisionRule.from_json(stored, NAMES)


def test_one_number_for_all_forgets_how_it_was_chosen():
    rule = DecisionRule(thresholds=np.ones(3), never_empty=True, chosen={"a": 1})
    other = rule.with_thresholds(0.25)
    assert (other.thresholds.tolist(), other.never_empty, other.chosen) == ([0.25] * 3, True, {})
