"""Scoring what `clmil predict` wrote."""

import json

import numpy as np
import pytest

from clmil.data.columns import STANDARD
from clmil.errors import DataError
from clmil.reports.predictions_file import read_outcome
from clmil.runtime.files import predict_file

ROWS = [
    {"text": "one", "labels": ["a"]},
    {"text": "two", "labels": []},
    {"text": "three", "labels": ["b", "a"]},
    {"text": "four", "labels": None},
]
GIVEN = np.array([[0.9, 0.2], [0.6, 0.1], [0.7, 0.8], [0.4, 0.3]], dtype=np.float32)


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet", "jsonl.gz"])
def test_it_reads_what_predict_writes(tmp_path, form):
    source, output = tmp_path / "in.jsonl", tmp_path / f"out.{form}"
    source.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    rows = iter(GIVEN)
    predict_file(lambda texts: np.stack([next(rows) for _ in texts]), ["a", "b"], source, output)
    outcome, documents, notes = read_outcome(output, columns=STANDARD)
    assert outcome.space.names == ("a", "b")
    assert outcome.targets[:3].tolist() == [[1, 0], [0, 0], [1, 1]]
    np.testing.assert_allclose(outcome.probabilities, GIVEN, atol=1e-6)
    assert outcome.predictions.tolist() == [[1, 0], [1, 0], [1, 1], [0, 0]]
    assert outcome.space.counts[0] == 2
    assert documents["text"][1] == "two"
    assert "frequency in the file" in notes[-1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"probabilities": None}, "line 2: the column 'probabilities' is missing"),
        ({"predicted_labels": 3}, "line 2: the column 'predicted_labels' is missing"),
        ({"predicted_labels": ["z"]}, "line 2: the predicted label 'z' has no probability"),
        ({"probabilities": {"a": 1}}, "line 2: the probabilities are not"),
        ({"probabilities": {"a": 1, "c": 0}}, "line 2: the probabilities are not"),
        ({"probabilities": {"a": 1, "b": 2}}, "line 2: the probabilities are not"),
    ],
)
def test_other_files_are_plain_errors(tmp_path, change, message):
    row = {"text": "x", "labels": [], "predicted_labels": [], "probabilities": {"a": 0, "b": 1}}
    path = tmp_path / "odd.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in (row, row | change)))
    with pytest.raises(DataError, match=message):
        read_outcome(path, columns=STANDARD)
