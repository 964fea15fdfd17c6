"""Scoring in chunks equals scoring at once."""

import json

import numpy as np
import pytest

from clmil.data.corpus import from_lists
from clmil.decisions.metrics import score
from clmil.errors import DataError
from clmil.labels.space import LabelSpace
from clmil.reports import outcome
from clmil.reports.evaluation import evaluate_documents, evaluation_report

SPACE = LabelSpace(names=("a", "b"), descriptions=("", ""), counts=(3, 1), documents=4)
LABELS = [["a"], ["a", "b"], [], None, ["b"], ["a"], []]
DOCUMENTS = from_lists([f"text {k}" for k in range(7)], LABELS, unknown=[["b"]] + [[]] * 6)
PROBABILITIES = np.random.default_rng(0).random((7, 2)).astype(np.float32)


def predict_proba(texts):
    return PROBABILITIES[[int(text.split()[1]) for text in texts]]


@pytest.mark.parametrize("chunk", [1, 3, 7, 100])
def test_chunks_change_nothing(monkeypatch, chunk):
    monkeypatch.setattr(outcome, "CHUNK", chunk)
    done = []
    scores = evaluate_documents(
        predict_proba, DOCUMENTS, SPACE, where="test", threshold_at=0.4, advance=done.append
    )
    targets = np.array([[1, -1], [1, 1], [0, 0], [-1, -1], [0, 1], [1, 0], [0, 0]])
    expected = score(targets, PROBABILITIES > 0.4, names=SPACE.names, groups=SPACE.groups())
    assert scores == expected
    assert scores.documents == 6
    assert sum(done) == 7


def test_no_annotated_document():
    bare = from_lists(["x"], [None])
    with pytest.raises(DataError, match=r"no document of here is annotated"):
        evaluate_documents(predict_proba, bare, SPACE, where="here")


def test_report_is_json_and_puts_facts_first():
    scores = evaluate_documents(predict_proba, DOCUMENTS, SPACE, where="test")
    report = evaluation_report(scores, {"seed": 4, "system": "x"}, {"model": "m"})
    assert json.loads(json.dumps(report)) == report
    assert next(iter(report)) == "model"
    assert report["seed"] == 4
    assert [row["name"] for row in report["per_label"]] == ["a", "b"]
    assert set(report["per_group"]) == {"head", "mid", "tail"}
