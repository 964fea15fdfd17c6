"""Scores on the terminal and in JSON."""

import json

import pytest


def test_scores_by_hand(clmil, colours):
    # known documents: 4; relevant: red 2, green 1, blue 1; predicted: red 2, green 2, blue 0
    report = colours.folder / "report.json"
    result = clmil("evaluate", colours.model, colours.data, "--output", report)
    assert result.exit_code == 0, result.stderr
    value = json.loads(report.read_text())
    assert value["documents"] == 4
    assert value["scores"]["micro_f1"] == pytest.approx(2 * 3 / (2 * 3 + 1 + 1))
    assert value["scores"]["hamming_loss"] == pytest.approx(2 / 12)
    assert value["scores"]["subset_accuracy"] == pytest.approx(3 / 4)
    assert [row["f1"] for row in value["per_label"]] == pytest.approx([1, 2 / 3, 0])
    assert value["per_group"]["head"]["labels"] == 2
    assert (value["model"], value["data"]) == (colours.model.name, colours.data.name)
    assert (value["part"], value["threshold"], value["seed"]) == ("test", 0.5, 7)
    assert value["recipe"]["system"] == "cl-mil"
    assert value["clmil"] == "0.1.0"
    assert "75.0" in result.stdout
    assert f"The report is in {report}." in result.stderr


def test_tables(clmil, colours):
    full = clmil("evaluate", colours.model, colours.data)
    short = clmil("evaluate", colours.model, colours.data, "--no-per-label")
    assert "blue" in full.stdout
    assert "head" in full.stdout
    assert "blue" not in short.stdout


def test_unseen_label_stops(clmil, colours):
    data = colours.folder / "other.jsonl"
    data.write_text('{"text": "pink", "labels": ["pink"]}\n')
    result = clmil("evaluate", colours.model, data)
    assert result.exit_code == 2
    assert "pink" in result.stderr


def test_nothing_annotated_stops(clmil, colours):
    data = colours.folder / "other.jsonl"
    data.write_text('{"text": "pink", "labels": null}\n')
    result = clmil("evaluate", colours.model, data)
    assert result.exit_code == 2
    assert "annotated" in result.stderr
