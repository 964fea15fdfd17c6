"""Labelling a file or a text."""

import json

import numpy as np
import pytest

from clmil.decisions.rule import DecisionRule
from tests.cli.conftest import FakePredictor


def test_a_file_keeps_its_columns(clmil, colours):
    output = colours.folder / "out.jsonl"
    result = clmil("predict", colours.model, colours.data, "--output", output)
    assert result.exit_code == 0, result.stderr
    rows = [json.loads(line) for line in output.read_text().splitlines()]
    assert [row["id"] for row in rows] == [1, 2, 3, 4, 5]
    assert rows[0]["predicted_labels"] == ["red", "green"]
    assert rows[2]["predicted_labels"] == []
    assert rows[3]["probabilities"] == {"red": 0.1, "green": 0.89, "blue": 0.08}
    assert result.stdout == ""
    assert "5 documents" in result.stderr


def test_threshold(clmil, colours):
    output = colours.folder / "out.jsonl"
    words = ("predict", colours.model, colours.data, "--output", output, "--threshold", 0.895)
    assert clmil(*words).exit_code == 0
    assert json.loads(output.read_text().splitlines()[0])["predicted_labels"] == ["red"]


def test_one_text(clmil, colours):
    result = clmil("predict", colours.model, "--text", "green")
    assert result.exit_code == 0
    lines = [line.split() for line in result.stdout.splitlines() if line.strip()]
    assert ["green", "0.890", "yes"] in lines
    assert ["red", "0.100"] in lines


def test_an_output_is_not_overwritten_unasked(clmil, colours):
    output = colours.folder / "out.jsonl"
    output.write_text("mine")
    refused = clmil("predict", colours.model, colours.data, "--output", output)
    assert refused.exit_code == 2
    assert "--overwrite" in refused.stderr
    assert output.read_text() == "mine"
    words = ("predict", colours.model, colours.data, "--output", output, "--overwrite")
    assert clmil(*words).exit_code == 0
    assert output.read_text() != "mine"


def test_what_to_predict_must_be_clear(clmil, colours):
    both = clmil("predict", colours.model, colours.data, "--text", "x")
    neither = clmil("predict", colours.model)
    nowhere = clmil("predict", colours.model, colours.data)
    assert (both.exit_code, neither.exit_code, nowhere.exit_code) == (2, 2, 2)
    assert "--output" in nowhere.stderr


def predicted(colours):
    rows = (colours.folder / "out.jsonl").read_text().splitlines()
    return [json.loads(row)["predicted_labels"] for row in rows]


def thresholds_file(colours, value):
    path = colours.folder / "thresholds.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def test_thresholds_from_a_file(clmil, colours):
    words = ("predict", colours.model, colours.data, "--output", colours.folder / "out.jsonl")
    file = thresholds_file(colours, {"blue": 0.07, "red": 1})
    assert clmil(*words, "--thresholds", file).exit_code == 0
    assert predicted(colours) == [
        ["green", "blue"],
        ["blue"],
        ["blue"],
        ["green", "blue"],
        ["blue"],
    ]


def test_thresholds_of_another_model(clmil, colours):
    words = ("predict", colours.model, colours.data, "--output", colours.folder / "out.jsonl")
    file = thresholds_file(colours, {"labels": [], "decisions": {"thresholds": {"red": 0.05}}})
    assert clmil(*words, "--thresholds", file).exit_code == 0
    assert predicted(colours)[2] == ["red"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"bleu": 0.5}, "no label 'bleu'; did you mean 'blue'?"),
        ({"xyz": 0.5}, "no label 'xyz'; its labels begin with 'red'"),
        ({"red": 1.5}, "the threshold of 'red' is 1.5; give a number from 0 to 1"),
        ({"red": True}, "the threshold of 'red' is true"),
        ({"red": "0.5"}, "the threshold of 'red' is \"0.5\""),
        ('{"red": NaN}', "the threshold of 'red' is NaN"),
        ("[0.5]", "holds no mapping but list"),
        ("{", "is not JSON"),
        ({"labels": [], "threshold": 0.5}, "without thresholds of its own"),
    ],
)
def test_bad_thresholds_are_told(clmil, colours, value, expected):
    file = thresholds_file(colours, value)
    result = clmil("predict", colours.model, "--text", "red", "--thresholds", file)
    assert result.exit_code == 2
    assert expected in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_missing_thresholds_file_and_two_sources(clmil, colours):
    words = ("predict", colours.model, "--text", "red", "--thresholds", colours.folder / "none")
    assert "cannot be read" in clmil(*words).stderr
    assert clmil(*words, "--threshold", 0.5).exit_code == 2


def test_never_empty(clmil, colours, monkeypatch):
    words = ("predict", colours.model, colours.data, "--output", colours.folder / "out.jsonl")
    assert clmil(*words, "--never-empty").exit_code == 0
    assert predicted(colours)[2] == ["red"]
    rule = DecisionRule(thresholds=np.full(3, 0.5), never_empty=True)
    monkeypatch.setattr(FakePredictor, "rule", rule)
    assert clmil(*words, "--overwrite", "--allow-empty").exit_code == 0
    assert predicted(colours)[2] == []


def test_a_folder_of_files(clmil, colours):
    source, output = colours.folder / "in", colours.folder / "out"
    source.mkdir()
    for name in ("one.jsonl", "two.jsonl"):
        (source / name).write_bytes(colours.data.read_bytes())
    result = clmil("predict", colours.model, source, "--output", output)
    assert result.exit_code == 0, result.stderr
    assert "10 documents" in result.stderr
    alone = colours.folder / "alone.jsonl"
    assert clmil("predict", colours.model, colours.data, "--output", alone).exit_code == 0
    for name in ("one.jsonl", "two.jsonl"):
        assert (output / name).read_bytes() == alone.read_bytes()
    refused = clmil("predict", colours.model, source, "--output", output)
    assert refused.exit_code == 2
    assert "add --overwrite" in refused.stderr


def test_ray_is_an_extra(clmil, colours, monkeypatch):
    monkeypatch.setattr("clmil.runtime.ray_engine.find_spec", lambda name: None)
    words = ("predict", colours.model, colours.data, "--output", colours.folder / "out.jsonl")
    result = clmil(*words, "--engine", "ray")
    assert result.exit_code == 2
    assert "pip install 'clmil[ray]'" in result.stderr


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--text", "red", "--output", "x.json"), "go with an INPUT"),
        (("--text", "red", "--resume"), "go with an INPUT"),
        (("DATA", "--output", "x.jsonl", "--workers", 2), "--workers goes with --engine ray"),
        (("DATA", "--output", "MODEL/labels.json", "--overwrite"), "are left alone"),
    ],
)
def test_what_would_be_ignored_or_destroyed_is_refused(clmil, colours, words, expected):
    given = {"DATA": colours.data, "MODEL/labels.json": colours.model / "labels.json"}
    result = clmil("predict", colours.model, *(given.get(word, word) for word in words))
    assert result.exit_code == 2
    assert expected in " ".join(result.stderr.replace("│", " ").split())
