"""Labelling a file or a text."""

import json


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
