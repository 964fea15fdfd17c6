"""A promised bound on missed labels: p-values, monotony, what is kept on new texts, faults."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from clmil.decisions.calibration import sigmoid
from clmil.decisions.guarantee import Promise, guaranteed_rule, missed_share, p_value
from clmil.decisions.rule import DecisionRule
from clmil.errors import DataError


def population(texts, labels, seed, noise=1.5):
    """Return probabilities that say something of the targets, and these."""
    rng = np.random.default_rng(seed)
    targets = (rng.random((texts, labels)) < 0.25).astype(np.int8)
    margins = 3.0 * targets - 1.5 + rng.normal(0, noise, targets.shape)
    return sigmoid(margins).astype(np.float32), targets


def test_missed_share_by_hand():
    targets = np.array([[1, 1, 0], [0, 0, 0], [1, -1, 1], [-1, -1, 1]])
    decided = np.array([[1, 0, 1], [1, 1, 1], [0, 0, 0], [0, 0, 1]])
    np.testing.assert_allclose(missed_share(decided, targets), [0.5, 0.0, 1.0, 0.0])


def test_p_value_by_hand():
    assert p_value(0.0, 100, 0.1) == pytest.approx(0.9**100)  # Hoeffding: exp(-n KL(0 || bound))
    half = 0.2 * math.log(0.2 / 0.5) + 0.8 * math.log(0.8 / 0.5)
    bentkus = math.e * binom.cdf(4, 20, 0.5)
    assert p_value(0.2, 20, 0.5) == pytest.approx(min(math.exp(-20 * half), bentkus))
    assert p_value(0.1, 50, 0.1) == p_value(0.3, 50, 0.1) == 1.0


@given(st.integers(5, 300), st.floats(0.02, 0.6), st.floats(0.01, 0.3))
def test_a_true_bound_is_rarely_called_broken(texts, bound, delta):
    """Of losses that are 0 or 1 with a mean of just the bound, few give a p-value below delta."""
    counts = np.arange(texts + 1)
    small = np.array([p_value(count / texts, texts, bound) <= delta for count in counts])
    assert binom.pmf(counts[small], texts, bound).sum() <= delta + 1e-9


@given(st.integers(20, 400), st.floats(0.05, 0.5), st.floats(0, 1), st.floats(0, 1))
def test_more_loss_is_never_surer(texts, bound, one, other):
    low, high = sorted((one * bound, other * bound))
    assert p_value(low, texts, bound) <= p_value(high, texts, bound) + 1e-12


def test_the_promise_is_kept_on_new_texts():
    raw, targets = population(20_000, 8, seed=0)
    promise = Promise(missed=0.1, confidence=0.9)
    rng = np.random.default_rng(1)
    kept = []
    for _ in range(100):
        drawn = rng.choice(len(raw), size=300)
        rule = guaranteed_rule(DecisionRule.fixed(8), raw[drawn], targets[drawn], promise)
        kept.append(missed_share(rule.decide(raw), targets).mean() <= promise.missed)
    assert np.mean(kept) >= promise.confidence


def test_it_is_not_kept_by_predicting_everything():
    raw, targets = population(4000, 8, seed=2)
    rule = guaranteed_rule(DecisionRule.fixed(8), raw, targets, Promise(missed=0.1))
    decided = rule.decide(raw)
    assert 0.08 < missed_share(decided, targets).mean() < 0.1
    assert rule.chosen["guarantee"]["measured"] == pytest.approx(
        missed_share(decided, targets).mean(), abs=1e-4
    )
    assert decided.mean() < 0.5


def test_a_smaller_bound_predicts_all_that_a_larger_one_does():
    raw, targets = population(1000, 8, seed=3)
    rules = [
        guaranteed_rule(DecisionRule.fixed(8), raw, targets, Promise(missed=missed))
        for missed in (0.05, 0.1, 0.3)
    ]
    decided = [rule.decide(raw) for rule in rules]
    assert (decided[0] >= decided[1]).all()
    assert (decided[1] >= decided[2]).all()


def test_proportions_of_thresholds_stay():
    raw, targets = population(1000, 3, seed=4)
    base = DecisionRule(thresholds=np.array([0.2, 0.5, 0.7]), never_empty=True)
    rule = guaranteed_rule(base, raw, targets, Promise(missed=0.2))
    shift = rule.chosen["guarantee"]["shift"]
    odds = rule.thresholds / (1 - rule.thresholds)
    np.testing.assert_allclose(odds, np.array([0.25, 1.0, 7 / 3]) * math.exp(shift))
    assert rule.never_empty


def test_a_hopeless_model_predicts_everything():
    _, targets = population(200, 4, seed=5)
    raw = np.full(targets.shape, 1e-9, dtype=np.float32)
    rule = guaranteed_rule(DecisionRule.fixed(4), raw, targets, Promise(missed=0.05))
    assert rule.decide(raw).all()


def test_unknown_cells_count_nowhere():
    raw, targets = population(600, 4, seed=6)
    more = np.vstack([targets, np.full((50, 4), -1, dtype=np.int8)])
    probabilities = np.vstack([raw, np.full((50, 4), 0.5, dtype=np.float32)])
    promise, rule = Promise(missed=0.1), DecisionRule.fixed(4)
    one = guaranteed_rule(rule, raw, targets, promise)
    other = guaranteed_rule(rule, probabilities, more, promise)
    np.testing.assert_array_equal(one.thresholds, other.thresholds)
    assert other.chosen["guarantee"]["documents"] == 600


def test_the_least_number_of_texts():
    promise = Promise(missed=0.1, confidence=0.95)
    assert promise.least == 29
    assert p_value(0.0, 29, 0.1) <= 0.05 < p_value(0.0, 28, 0.1)


def test_faults_say_what_to_do():
    raw, targets = population(20, 3, seed=7)
    rule = DecisionRule.fixed(3)
    with pytest.raises(DataError, match="at least 29 labelled texts, and there are 20"):
        guaranteed_rule(rule, raw, targets, Promise())
    raw, targets = population(100, 3, seed=7)
    with pytest.raises(DataError, match="none of the labelled texts has a label"):
        guaranteed_rule(rule, raw, np.zeros_like(targets), Promise())
    with pytest.raises(DataError, match="cannot keep this promise"):
        guaranteed_rule(rule, np.zeros_like(raw), targets, Promise())
    with pytest.raises(DataError, match=r"the bound 1\.5 is not between 0 and 1"):
        Promise(missed=1.5)
    with pytest.raises(DataError, match="the confidence 0 is"):
        Promise(confidence=0)


@pytest.mark.parametrize("at", [0.01, 1e-4, 0.0])
def test_what_is_all_but_impossible_counts_as_it_will_be_decided(at):
    rng = np.random.default_rng(3)
    targets = (rng.random((400, 2)) < 0.5).astype(np.int8)
    raw = rng.uniform(0.2, 0.9, targets.shape).astype(np.float32)
    raw[rng.random(targets.shape) < 0.1] = 1e-9
    rule = DecisionRule(thresholds=np.full(2, at), refer_above=0.5)
    found = guaranteed_rule(rule, raw, targets, Promise(missed=0.2))
    missed = missed_share(found.decide(raw), targets).mean()
    assert missed == pytest.approx(found.chosen["guarantee"]["measured"], abs=1e-6)
    assert missed <= 0.2
    assert found.refer_above is None, "it was chosen for other thresholds"
