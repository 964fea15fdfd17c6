"""Scores of documents that their models did not see."""

import numpy as np
import pytest

from clmil.decisions.calibration import logit, sigmoid
from clmil.errors import DataError
from clmil.systems import light_scores
from clmil.systems.light_scores import (
    Scoring,
    embedded_view,
    linear_view,
    score_documents,
    score_views,
)
from tests.tiny import toy_documents

NAMES = ("fruit", "metal", "sea")


def material(number=60, seed=0):
    texts, labels = toy_documents(number, seed)
    return texts, np.array([[name in row for name in NAMES] for row in labels], dtype=np.int8)


def test_probabilities_tell_a_wrong_label_from_right_ones():
    texts, targets = material()
    wrong = targets.copy()
    wrong[3] = 1 - wrong[3]
    scores = score_documents(texts, wrong, others=["apple pear plum", "wave tide"])
    assert scores.labelled.shape == (60, 3)
    assert scores.others.shape == (2, 3)
    agree = np.where(wrong == 1, scores.labelled, 1 - scores.labelled)
    assert agree.min(axis=1).argmin() == 3
    assert scores.others.argmax(axis=1).tolist() == [0, 2]


def test_unknown_cells_teach_nothing():
    texts, targets = material()
    hidden = targets.copy()
    hidden[::2, 1] = -1
    scores = score_documents(texts, hidden)
    known = score_documents(texts, targets)
    assert not np.allclose(scores.labelled[:, 1], known.labelled[:, 1])
    assert ((scores.labelled > 0) & (scores.labelled < 1)).all()


def test_both_is_the_mean_of_the_logits(monkeypatch):
    texts, targets = material()
    vectors = np.random.default_rng(0).normal(size=(62, 5)).astype(np.float32)
    monkeypatch.setattr(light_scores, "embed_texts", lambda *_, **__: vectors)
    both = score_documents(texts, targets, others=["a", "b"], scoring=Scoring(kind="both"))
    alone = [
        score_views([view], targets, Scoring())
        for view in (linear_view(texts, ["a", "b"]), embedded_view(vectors[:60], vectors[60:]))
    ]
    for side in ("labelled", "others"):
        logits = np.mean([logit(getattr(one, side)) for one in alone], axis=0)
        np.testing.assert_allclose(getattr(both, side), sigmoid(logits), atol=1e-6)


def test_too_few_documents_are_one_sentence():
    texts, targets = material(9)
    with pytest.raises(DataError, match="9 annotated documents, too few"):
        score_documents(texts, targets)
