"""Comparisons of outcomes, and models that do not know the same labels."""

import json

import numpy as np
import pytest

from clmil.decisions.rule import DecisionRule
from clmil.errors import DataError
from clmil.labels.space import LabelSpace
from clmil.reports.comparison import compare, comparison_rows, label_differences
from clmil.reports.evaluation import evaluate_outcomes
from clmil.reports.outcome import Outcome, check_same_labels

SPACE = LabelSpace(names=("a", "b", "c"), descriptions=("",) * 3, counts=(30, 9, 1), documents=40)
RNG = np.random.default_rng(0)
TARGETS = (RNG.random((80, 3)) < [0.6, 0.3, 0.1]).astype(np.int8)
GOOD = np.clip(0.8 * TARGETS + 0.3 * RNG.random((80, 3)), 0, 1).astype(np.float32)
POOR = np.clip(0.5 * TARGETS + 0.5 * RNG.random((80, 3)) - 0.1, 0, 1).astype(np.float32)


def outcome(name, raw, space=SPACE, targets=TARGETS):
    return Outcome.decided(name, space, targets, raw, DecisionRule.fixed(len(space)))


def test_the_same_model_differs_nowhere():
    first, second = evaluate_outcomes([outcome("x", POOR), outcome("y", POOR)], resamples=50)
    [found] = compare(first, [second])
    assert found["model"] == "y"
    for one in found["differences"].values():
        assert (one["value"], one["low"], one["high"], one["p_value"]) == (0, 0, 0, 1)
        assert one["wins"] == 0.5
    assert label_differences(found) == []


def test_a_better_model_is_told_apart():
    first, *others = evaluate_outcomes(
        [outcome("good", GOOD), outcome("poor", POOR), outcome("same", GOOD)], resamples=200
    )
    poor, same = compare(first, others)
    gain = poor["differences"]["micro_f1"]
    assert gain["value"] == first.scores.micro_f1 - others[0].scores.micro_f1 > 0
    assert gain["low"] <= gain["value"] <= gain["high"]
    assert gain["wins"] == 1
    loss = poor["differences"]["hamming_loss"]
    assert loss["value"] < 0
    assert loss["wins"] == 1
    assert same["differences"]["macro_f1"]["value"] == 0
    assert json.loads(json.dumps(poor)) == poor
    rows = comparison_rows(poor, first.scores.to_json())
    assert [row[0] for row in rows] == ["micro-F1", "macro-F1", "Hamming loss"]
    assert rows[0][3].startswith("+")
    assert label_differences(poor)[0]["difference"]["value"] > 0


def test_columns_in_another_order_are_moved():
    other = LabelSpace(
        names=("c", "a", "b"), descriptions=("",) * 3, counts=(1, 30, 9), documents=40
    )
    order = [2, 0, 1]
    first = outcome("x", GOOD)
    moved = outcome("y", GOOD[:, order], other, TARGETS[:, order]).ordered(first)
    assert (moved.predictions == first.predictions).all()
    assert (moved.targets == TARGETS).all()
    assert moved.space is SPACE


def test_different_labels_are_named():
    check_same_labels("one", ["a", "b"], "two", ["b", "a"])
    with pytest.raises(DataError, match=r"only one knows 'a' and only two knows 'c', 'd'; compare"):
        check_same_labels("one", ["a", "b"], "two", ["b", "d", "c"])
    with pytest.raises(DataError, match=r"'x5', 'x6' and 3 more; compare"):
        check_same_labels("one", ["a"], "two", ["a", *(f"x{k}" for k in (2, 3, 4, 5, 6, 7, 8, 9))])
