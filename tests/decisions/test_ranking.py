"""Scores of orders: scikit-learn where all is known, plain loops where it is not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import (
    average_precision_score,
    coverage_error,
    label_ranking_average_precision_score,
)

from clmil.decisions import ranking
from clmil.decisions.ranking import ranking_scores
from clmil.errors import DataError

SHAPES = st.tuples(st.integers(1, 8), st.integers(2, 6))


def pairs(lowest):
    """Return probabilities, with many ties, and targets of at least `lowest`."""
    return SHAPES.flatmap(
        lambda shape: st.tuples(
            arrays(np.float32, shape, elements=st.sampled_from([0.0, 0.125, 0.25, 0.5, 0.75, 1.0])),
            arrays(np.int8, shape, elements=st.integers(lowest, 1)),
        )
    )


def naive(probabilities, targets):
    """Return LRAP, coverage error, one-error and precision at 1, 3 and 5 by plain loops."""
    shares, depths, firsts = [], [], {1: [], 3: [], 5: []}
    for given_row, truth in zip(probabilities.tolist(), targets.tolist(), strict=True):
        cells = [(p, y) for p, y in zip(given_row, truth, strict=True) if y >= 0]
        if not cells:
            continue
        own = [p for p, y in cells if y == 1]
        ahead = [[y for q, y in cells if q >= p] for p in own]
        shares.append(sum(sum(a) / len(a) for a in ahead) / len(own) if own else 1.0)
        depths.append(max(map(len, ahead), default=0))
        if own:
            best = [y for _, y in sorted(cells, key=lambda cell: -cell[0])]
            for k, kept in firsts.items():
                kept.append(sum(best[:k]) / len(best[:k]))
    at = {k: np.mean(kept) if kept else 0.0 for k, kept in firsts.items()}
    error = 1 - at[1] if firsts[1] else 0.0
    mean = [np.mean(values) if values else 0.0 for values in (shares, depths)]
    return [*mean, error, *at.values()]


@given(pairs(0))
@settings(deadline=None, max_examples=80)
def test_equals_scikit_learn(both):
    probabilities, targets = both
    scores = ranking_scores(probabilities, targets)
    assert scores.label_ranking_average_precision == pytest.approx(
        label_ranking_average_precision_score(targets, probabilities)
    )
    assert scores.coverage_error == pytest.approx(coverage_error(targets, probabilities))
    held = [k for k in range(targets.shape[1]) if targets[:, k].any()]
    areas = [average_precision_score(targets[:, k], probabilities[:, k]) for k in held]
    assert scores.macro_average_precision == pytest.approx(np.mean(areas) if areas else 0.0)


@given(pairs(-1))
@settings(deadline=None, max_examples=80)
def test_unknown_cells_take_no_place(both):
    probabilities, targets = both
    found = list(ranking_scores(probabilities, targets).to_json().values())
    assert found[:6] == pytest.approx(naive(probabilities, targets))
    other = np.where(targets < 0, 1 - probabilities, probabilities)
    assert ranking_scores(other, targets) == ranking_scores(probabilities, targets)


def test_worked_numbers():
    # orders: b a c (a, c relevant: 1/2 and 2/3), c b a (c relevant: 1)
    scores = ranking_scores(
        np.array([[0.6, 0.8, 0.1], [0.1, 0.2, 0.3]]), np.array([[1, 0, 1], [0, 0, 1]])
    )
    assert scores.label_ranking_average_precision == pytest.approx((7 / 12 + 1) / 2)
    assert scores.coverage_error == 2.0
    assert scores.one_error == scores.precision_at_1 == 0.5
    assert scores.precision_at_3 == pytest.approx(1 / 2)


def test_blocks_change_nothing(monkeypatch):
    rng = np.random.default_rng(0)
    probabilities, targets = rng.random((40, 7)), rng.integers(-1, 2, (40, 7))
    whole = ranking_scores(probabilities, targets)
    monkeypatch.setattr(ranking, "BLOCK", 20)
    assert ranking_scores(probabilities, targets) == whole


def test_nothing_relevant():
    scores = ranking_scores(np.full((2, 3), 0.5), np.zeros((2, 3), dtype=np.int8))
    assert scores.one_error == scores.coverage_error == scores.macro_average_precision == 0.0
    assert scores.label_ranking_average_precision == 1.0


def test_lists_are_ranked_and_shapes_that_differ_are_told():
    assert ranking_scores([[0.1, 0.9]], [[0, 1]]).one_error == 0
    for targets in ([[0, 1, 0]], [0, 1]):
        with pytest.raises(DataError, match=r"shape .* and the probabilities \(1, 2\); give a row"):
            ranking_scores([[0.1, 0.9]], targets)
