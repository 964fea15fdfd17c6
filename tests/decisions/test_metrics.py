"""Scores: the worked example, scikit-learn as reference, masking of unknown cells."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import accuracy_score, hamming_loss, precision_recall_fscore_support

from clmil.decisions.metrics import score, threshold
from clmil.errors import DataError

SHAPES = st.tuples(st.integers(1, 12), st.integers(2, 6))


def pairs(lowest: int) -> st.SearchStrategy[tuple[np.ndarray, np.ndarray]]:
    """Return targets, whose cells are at least `lowest`, with predictions."""
    return SHAPES.flatmap(
        lambda shape: st.tuples(
            arrays(np.int8, shape, elements=st.integers(lowest, 1)),
            arrays(np.int8, shape, elements=st.integers(0, 1)),
        )
    )


def matrix(*rows: str) -> np.ndarray:
    return np.array([[int(cell) for cell in row] for row in rows], dtype=np.int8)


def naive_samples_f1(targets, predictions):
    found = []
    for truth, row in zip(targets.tolist(), predictions.tolist(), strict=True):
        cells = [(y, p) for y, p in zip(truth, row, strict=True) if y >= 0]
        tp, wrong = cells.count((1, 1)), cells.count((0, 1)) + cells.count((1, 0))
        if cells:
            found.append(2 * tp / (2 * tp + wrong) if tp else 0.0)
    return sum(found) / max(len(found), 1)


def test_shared_worked_example():
    scores = score(matrix("1100", "0100", "1001"), matrix("1000", "0110", "1000"))
    assert scores.micro_precision == 0.75
    assert scores.micro_recall == pytest.approx(0.6)
    assert scores.micro_f1 == pytest.approx(2 / 3)
    assert scores.hamming_loss == 0.25
    assert scores.subset_accuracy == 0.0
    assert scores.documents == 3
    assert [label.support for label in scores.per_label] == [2, 2, 0, 1]
    assert [label.f1 for label in scores.per_label] == [1.0, pytest.approx(2 / 3), 0.0, 0.0]
    assert scores.macro_f1 == pytest.approx(5 / 12)


@given(pairs(0))
@settings(deadline=None, max_examples=80)
def test_equals_scikit_learn(both):
    targets, predictions = both
    scores = score(targets, predictions)
    for average in ("micro", "macro", "samples"):
        expected = precision_recall_fscore_support(
            targets, predictions, average=average, zero_division=0
        )[:3]
        found = [getattr(scores, f"{average}_{name}") for name in ("precision", "recall", "f1")]
        assert found == pytest.approx(expected)
    each = precision_recall_fscore_support(targets, predictions, average=None, zero_division=0)
    found = [(one.precision, one.recall, one.f1, one.support) for one in scores.per_label]
    np.testing.assert_allclose(found, np.transpose(each))
    assert scores.hamming_loss == pytest.approx(hamming_loss(targets, predictions))
    assert scores.subset_accuracy == pytest.approx(accuracy_score(targets, predictions))


@given(pairs(-1))
@settings(deadline=None, max_examples=80)
def test_unknown_cells_are_masked_exactly(both):
    """Counts over a plain loop of known cells, and the identity HL = (FP + FN) / known."""
    targets, predictions = both
    cells = [(y, p) for y, p in zip(targets.flat, predictions.flat, strict=True) if y >= 0]
    tp, fp, fn = (cells.count(kind) for kind in ((1, 1), (0, 1), (1, 0)))
    scores = score(targets, predictions)
    assert scores.hamming_loss == pytest.approx((fp + fn) / max(len(cells), 1))
    assert scores.micro_f1 == pytest.approx(2 * tp / max(2 * tp + fp + fn, 1))
    rows = [
        [y == p for y, p in zip(t, q, strict=True) if y >= 0]
        for t, q in zip(targets.tolist(), predictions.tolist(), strict=True)
    ]
    rows = [row for row in rows if row]
    assert scores.documents == len(rows)
    assert scores.samples_f1 == pytest.approx(naive_samples_f1(targets, predictions))
    assert scores.subset_accuracy == pytest.approx(sum(map(all, rows)) / max(len(rows), 1))
    flipped = np.where(targets < 0, 1 - predictions, predictions)
    assert score(targets, flipped) == scores


@given(pairs(0))
@settings(deadline=None, max_examples=30)
def test_unannotated_documents_change_nothing(both):
    targets, predictions = both
    hidden = np.full_like(targets, -1)
    more = score(np.r_[targets, hidden], np.r_[predictions, 1 - targets])
    assert more == score(targets, predictions)


def test_partly_unknown_document_counts_on_its_known_cells():
    scores = score(np.array([[1, -1, 0], [1, -1, 0]]), matrix("110", "011"))
    assert scores.subset_accuracy == 0.5
    assert scores.per_label[1].support == 0
    assert scores.hamming_loss == 0.5


def test_empty_predictions():
    scores = score(matrix("110", "001"), np.zeros((2, 3), dtype=np.int8))
    assert scores.micro_f1 == scores.micro_precision == scores.macro_f1 == 0.0
    assert scores.hamming_loss == 0.5


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("targets", [np.zeros((0, 3)), np.full((2, 3), -1), np.zeros((2, 3))])
def test_nothing_to_score_gives_zeros(targets):
    scores = score(targets, np.zeros_like(targets))
    assert scores.micro_f1 == scores.macro_f1 == scores.hamming_loss == 0.0


def test_last_partial_batch_counts():
    targets = np.eye(7, dtype=np.int8)
    wrong_at_the_end = targets.copy()
    wrong_at_the_end[6, 6] = 0
    scores = score(targets, wrong_at_the_end)
    assert scores.documents == 7
    assert scores.micro_recall == pytest.approx(6 / 7)


def test_groups_and_names():
    targets, predictions = matrix("1100", "0100", "1001"), matrix("1000", "0110", "1000")
    groups = {"head": np.array([0, 1]), "tail": np.array([2, 3]), "mid": np.array([], dtype=int)}
    scores = score(targets, predictions, names="wxyz", groups=groups)
    assert [label.name for label in scores.per_label] == list("wxyz")
    for name, columns in groups.items():
        alone = score(targets[:, columns], predictions[:, columns]) if len(columns) else None
        found = scores.per_group[name]
        assert found.labels == len(columns)
        assert found.f1 == (alone.micro_f1 if alone else 0.0)
        assert found.precision == (alone.micro_precision if alone else 0.0)
    assert scores.per_group["head"].support == 4


def test_json_is_plain():
    plain = score(matrix("10", "01"), matrix("11", "01")).to_json()
    assert json.loads(json.dumps(plain)) == plain
    assert set(plain) == {
        "documents",
        "hamming_loss",
        "subset_accuracy",
        *(f"{m}_{s}" for m in ("micro", "macro", "samples") for s in ("precision", "recall", "f1")),
    }
    assert {type(value) for value in plain.values()} == {int, float}


def test_threshold_is_strict():
    found = threshold(np.array([[0.5, np.nextafter(0.5, 1)], [0.0, 1.0]]))
    assert found.tolist() == [[0, 1], [0, 1]]
    assert found.dtype == np.int8
    assert threshold(np.array([0.3]), at=0.2).tolist() == [1]


def test_different_shapes_are_an_error():
    with pytest.raises(DataError, match=r"\(2, 2\).*\(2, 3\)"):
        score(matrix("10", "01"), matrix("110", "010"))


def test_labels_that_are_unknown_everywhere_are_in_no_mean():
    targets, predictions = matrix("110", "010", "100"), matrix("101", "011", "110")
    hidden = targets.copy()
    hidden[:, 2] = -1
    whole, less = score(hidden, predictions), score(targets[:, :2], predictions[:, :2])
    assert 0 < less.macro_f1 < 1
    for name in ("macro_precision", "macro_recall", "macro_f1"):
        assert getattr(whole, name) == pytest.approx(getattr(less, name))
    assert len(whole.per_label) == 3
    assert score(np.full((2, 2), -1), matrix("10", "01")).macro_f1 == 0


@pytest.mark.parametrize("value", [0.5, 2, np.nan, -1])
def test_what_is_no_decision_is_not_scored(value):
    with pytest.raises(DataError, match="predictions hold something else than 0 and 1; decide on"):
        score([[0, 1]], [[value, 1]])
    assert score([[0, 1]], [[False, True]]).micro_f1 == 1


def test_names_are_one_a_label():
    with pytest.raises(DataError, match="1 names for 2 labels; give one for each"):
        score(matrix("10"), matrix("10"), names=["a"])
