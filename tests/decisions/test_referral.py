"""Texts for a person: how uncertainty is counted, the share, and what it buys."""

import numpy as np
import pytest

from clmil.decisions.calibration import sigmoid
from clmil.decisions.referral import referred, referring_rule, uncertainty
from clmil.decisions.rule import DecisionRule
from clmil.errors import DataError


def texts(seed, number=4000):
    """Return calibrated probabilities, and targets drawn with them."""
    rng = np.random.default_rng(seed)
    probabilities = sigmoid(rng.normal(-1.5, 2.5, (number, 5))).astype(np.float32)
    return probabilities, (rng.random(probabilities.shape) < probabilities).astype(np.int8)


def test_uncertainty_by_hand():
    given = np.array([[0.9, 0.2], [0.5, 0.5]])
    decided = np.array([[1, 0], [1, 0]])
    np.testing.assert_allclose(uncertainty(given, decided), [0.3, 1.0])


def test_it_is_the_expected_number_of_wrong_labels():
    probabilities, targets = texts(0)
    decided = DecisionRule.fixed(5).decide(probabilities)
    wrong = (decided != targets).sum(axis=1)
    assert uncertainty(probabilities, decided).mean() == pytest.approx(wrong.mean(), rel=0.03)


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
def test_the_share_holds_on_new_texts_and_takes_the_worst(share):
    rule = referring_rule(DecisionRule.fixed(5), texts(1)[0], share)
    probabilities, targets = texts(2)
    decided = rule.decide(probabilities)
    seen = referred(rule, probabilities, decided)
    assert seen.mean() == pytest.approx(share, abs=0.025)
    wrong = (decided != targets).sum(axis=1)
    assert wrong[~seen].mean() < wrong.mean() < wrong[seen].mean()


def test_no_more_than_the_share_of_its_own_texts():
    same = np.full((20, 2), 0.4, dtype=np.float32)
    rule = referring_rule(DecisionRule.fixed(2), same, 0.3)
    assert not referred(rule, same, rule.decide(same)).any()


def test_without_a_limit_nobody_is_referred():
    probabilities, _ = texts(3, 10)
    rule = DecisionRule.fixed(5)
    assert not referred(rule, probabilities, rule.decide(probabilities)).any()


def test_the_limit_is_kept_with_the_model():
    rule = referring_rule(DecisionRule.fixed(5), texts(4)[0], 0.1)
    names = list("abcde")
    again = DecisionRule.from_json(rule.to_json(names), names)
    assert again.refer_above == rule.refer_above
    assert again.chosen == {"referral": {"share": 0.1, "documents": 4000}}
    assert "refer_above" not in DecisionRule.fixed(5).to_json(names)


def test_faults():
    rule = DecisionRule.fixed(5)
    with pytest.raises(DataError, match="share 1 of texts"):
        referring_rule(rule, texts(5, 4)[0], 1.0)
    with pytest.raises(DataError, match=r"fewer than 20 texts \(19\), too few"):
        referring_rule(rule, texts(5, 19)[0], 0.1)
