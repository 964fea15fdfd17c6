"""Predicting a file: columns, order, forms, refusals."""

import csv
import json
import math
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clmil.decisions.rule import DecisionRule
from clmil.errors import DataError
from clmil.runtime.files import check_output, predict_file, prediction

NAMES = ("low", "high")
DECIMAL = pa.decimal128(20, 2)


def lengths(texts):
    """Take a text's length in hundredths as the first label's probability."""
    first = np.array([len(text) / 100 for text in texts], dtype=np.float32)
    return np.stack([first, 1 - first], axis=1)


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "in.jsonl"
    rows = [{"text": "x" * (k % 100), "number": k} for k in range(2500)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_many_chunks_keep_rows_and_columns(source, tmp_path):
    output, done = tmp_path / "out.jsonl", []
    predict_file(lengths, NAMES, source, output, advance=done.append)
    rows = [json.loads(line) for line in output.read_text().splitlines()]
    assert [row["number"] for row in rows] == list(range(2500))
    assert rows[2].keys() == {"text", "number", "predicted_labels", "probabilities"}
    assert rows[30]["probabilities"] == {"low": 0.3, "high": 0.7}
    assert (rows[30]["predicted_labels"], rows[70]["predicted_labels"]) == (["high"], ["low"])
    assert rows[50]["predicted_labels"] == []
    assert sum(done) == 2500
    assert len(done) > 1


def test_csv_and_parquet(source, tmp_path):
    predict_file(lengths, NAMES, source, tmp_path / "out.csv", rule=DecisionRule.fixed(2, 0.25))
    with (tmp_path / "out.csv").open(newline="") as stream:
        row = list(csv.DictReader(stream))[30]
    assert row["predicted_labels"] == "high|low"
    assert json.loads(row["probabilities"]) == {"low": 0.3, "high": 0.7}
    predict_file(lengths, NAMES, source, tmp_path / "out.parquet")
    table = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert table[30]["probabilities"] == {"low": 0.3, "high": 0.7}
    assert table[70]["predicted_labels"] == ["low"]


def test_parquet_columns_keep_their_types(tmp_path):
    columns = {
        "text": pa.array(["a"] * 1500, pa.large_string()),
        "empty at first": pa.array([None] * 1200 + [7] * 300, pa.uint8()),
        "great": pa.array([2**64 - 1] * 1500, pa.uint64()),
        "price": pa.array([Decimal("1.50")] * 1200 + [Decimal("123456.50")] * 300, DECIMAL),
        "map": pa.array([[("k", 1)]] * 1500, pa.map_(pa.string(), pa.int64())),
        "kind": pa.array(["a", None, "b"] * 500).dictionary_encode(),
        "time": pa.array([1234567890123456789] * 1500, pa.timestamp("ns")),
        "small": pa.array([0.1, None, math.nan] * 500, pa.float32()),
        "bytes": pa.array([b"\xff"] * 1500),
    }
    pq.write_table(pa.table(columns), tmp_path / "in.parquet")
    predict_file(lengths, NAMES, tmp_path / "in.parquet", tmp_path / "out.parquet")
    before, after = (pq.read_table(tmp_path / f"{name}.parquet") for name in ("in", "out"))
    kept = after.select(before.column_names)
    assert kept.schema == before.schema
    assert repr(kept.to_pylist()) == repr(before.to_pylist())  # NaN equals nothing
    assert after.column_names[-2:] == ["predicted_labels", "probabilities"]


def test_a_value_that_parquet_would_alter_is_refused(tmp_path):
    rows = [{"text": "oil", "k": 1}] * 1999 + [{"text": "oil", "k": 1.5}]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(DataError, match=r"row 2,000: the column 'k' holds 1\.5"):
        predict_file(lengths, NAMES, tmp_path / "in.jsonl", tmp_path / "out.parquet")
    assert not (tmp_path / "out.parquet").exists()


def test_most_probable_first():
    row = prediction(
        ("a", "b", "c"), np.array([0.6, 0.9, 0.7], dtype=np.float32), np.array([0, 1, 1])
    )
    assert row["predicted_labels"] == ["b", "c"]
    assert list(row["probabilities"]) == ["a", "b", "c"]


@pytest.mark.parametrize("name", ["predicted_labels", "probabilities"])
def test_a_column_is_never_replaced(tmp_path, name):
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(json.dumps({"text": "x", name: "mine"}) + "\n")
    with pytest.raises(DataError, match=f"column '{name}' already"):
        predict_file(lengths, NAMES, source, output)
    assert not output.exists()


def test_a_failure_leaves_no_output(source, tmp_path):
    source.write_text(source.read_text() + "{broken\n")
    with pytest.raises(DataError, match="line 2501"):
        predict_file(lengths, NAMES, source, tmp_path / "out.jsonl")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl"]


def test_outputs_that_are_refused(source, tmp_path):
    check_output(source, tmp_path / "new.jsonl", overwrite=False)
    (tmp_path / "old.jsonl").write_text("")
    check_output(source, tmp_path / "old.jsonl", overwrite=True)
    with pytest.raises(DataError, match="add --overwrite"):
        check_output(source, tmp_path / "old.jsonl", overwrite=False)
    with pytest.raises(DataError, match="is the input too"):
        check_output(source, source, overwrite=True)


def test_a_rule_of_its_own_for_each_label(tmp_path):
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("".join(json.dumps({"text": "x" * k}) + "\n" for k in (20, 60)))
    rule = DecisionRule(thresholds=np.array([0.5, 0.9]), never_empty=True)
    predict_file(lengths, NAMES, source, output, rule=rule)
    labels = [json.loads(line)["predicted_labels"] for line in output.read_text().splitlines()]
    assert labels == [["high"], ["low"]]  # .2 - .5 < .8 - .9; .6 > .5


def test_uncertain_texts_are_left_to_a_person(source, tmp_path):
    rule = replace(DecisionRule.fixed(2), refer_above=0.4)  # both cells off by more than .2
    output = tmp_path / "out.jsonl"
    predict_file(lengths, NAMES, source, output, rule=rule)
    rows = [json.loads(line) for line in output.read_text().splitlines()]
    assert [row["needs_person"] for row in rows[:100]] == [21 <= k <= 79 for k in range(100)]
    predict_file(lengths, NAMES, source, tmp_path / "out.csv", rule=rule)
    with (tmp_path / "out.csv").open(newline="") as stream:
        assert {row["needs_person"] for row in csv.DictReader(stream)} == {"True", "False"}
    predict_file(lengths, NAMES, source, tmp_path / "out.parquet", rule=rule)
    assert pq.read_table(tmp_path / "out.parquet")["needs_person"][50].as_py() is True
