"""The whole rule: calibration, then thresholds, and what it says of itself."""

import json

import numpy as np
import pytest

from clmil.decisions.choosing import LEAST, Choice, choose_rule
from clmil.decisions.metrics import score
from clmil.decisions.objectives import Objective
from clmil.errors import DataError, RecipeError
from tests.decisions.synthetic import documents


@pytest.mark.parametrize("kind", ["temperature", "isotonic"])
def test_calibration_leaves_the_decisions_by_label(kind):
    """Macro-F1 with thresholds chosen again is no lower after calibration."""
    raw, targets = documents(1000, 0, slope=0.5, shift=-1.0)
    unseen, unseen_targets = documents(4000, 1, slope=0.5, shift=-1.0)
    plain, calibrated = (
        choose_rule(raw, targets, Choice(calibrate=name)) for name in ("none", kind)
    )
    assert calibrated.calibration is not None
    found = [
        score(unseen_targets, rule.decide(rule.calibrate(unseen))).macro_f1
        for rule in (plain, calibrated)
    ]
    assert found[1] == pytest.approx(found[0], abs=1e-3)
    told = calibrated.chosen["calibration"]
    assert told["after"]["adaptive_above"] < told["before"]["adaptive_above"] / 2


def test_what_it_says_is_plain():
    raw, targets = documents(200, 0, labels=5)
    rule = choose_rule(raw, targets, Choice(calibrate="isotonic", never_empty=True))
    assert json.loads(json.dumps(rule.chosen, allow_nan=False)) == rule.chosen
    assert rule.chosen["documents"] == 200
    assert rule.chosen["objective"] == "macro-f1"
    assert rule.never_empty


def test_documents_that_nobody_annotated_say_nothing():
    raw, targets = documents(300, 1, labels=5)
    more = np.concatenate([raw, 1 - raw]), np.concatenate([targets, np.full_like(targets, -1)])
    first, second = (choose_rule(*given, Choice()) for given in ((raw, targets), more))
    assert first.thresholds.tolist() == second.thresholds.tolist()
    assert second.chosen["documents"] == 300
    with pytest.raises(DataError, match="no document is annotated"):
        choose_rule(raw, np.full_like(targets, -1), Choice())


def test_too_few_documents_and_fixed_stay_at_a_half():
    raw, targets = documents(LEAST - 1, 1, labels=5)
    few = choose_rule(raw, targets, Choice(never_empty=True))
    assert (few.thresholds.tolist(), few.never_empty) == ([0.5] * 5, True)
    assert "fewer than" in few.chosen["reason"]
    raw, targets = documents(500, 1, labels=5, slope=0.5, shift=-1.0)
    fixed = choose_rule(raw, targets, Choice(scope="fixed", calibrate="temperature"))
    assert fixed.thresholds.tolist() == [0.5] * 5
    assert fixed.calibration is not None


def test_objectives_are_checked():
    with pytest.raises(RecipeError, match="no objective 'macrof1'; did you mean 'macro-f1'"):
        Objective(name="macrof1")
    with pytest.raises(RecipeError, match="known are macro-f1, micro-f1"):
        Objective(name="xyz")
    with pytest.raises(RecipeError, match=r"recall is 1\.5"):
        Objective(name="precision-at-recall", recall=1.5)
    with pytest.raises(RecipeError, match="all costs are 0, so that no rule costs more"):
        Objective(name="cost", false_positive=0.0, false_negative=np.zeros(2))
    with pytest.raises(RecipeError, match="cost is below 0"):
        Objective(name="cost", false_positive=np.array([1.0, -1.0]))


def test_without_any_label_nothing_is_chosen():
    raw, targets = documents(LEAST, 1, labels=5)
    rule = choose_rule(raw, np.where(targets == 1, -1, targets), Choice())
    assert rule.thresholds.tolist() == [0.5] * 5
    assert rule.chosen["reason"] == "no documents with a label"


@pytest.mark.parametrize("name", ["macro-f1", "micro-f1", "precision-at-recall", "cost"])
def test_labels_that_are_unknown_everywhere_change_no_score(name):
    raw, targets = documents(300, 1, labels=5)
    choice, frequency = Choice(objective=Objective(name=name)), (targets == 1).sum(axis=0)
    alone = choose_rule(raw, targets, choice, frequency=frequency)
    # labels that are far more frequent, whose like the others are not
    raw, targets = (
        np.concatenate([part, more], axis=1)
        for part, more in ((raw, raw[:, :2]), (targets, np.full((300, 2), -1, dtype=np.int8)))
    )
    frequency = np.concatenate([frequency, [10**9] * 2])
    beside = choose_rule(raw, targets, choice, frequency=frequency)
    assert beside.thresholds[:5].tolist() == alone.thresholds.tolist()
    assert beside.chosen["strength"] == alone.chosen["strength"]
    for rule, scores in alone.chosen["cross_validated"].items():
        assert beside.chosen["cross_validated"][rule] == pytest.approx(scores)
