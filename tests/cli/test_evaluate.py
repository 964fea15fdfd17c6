"""Scores on the terminal and in JSON."""

import json

import numpy as np
import pytest

from clmil.decisions.rule import DecisionRule
from clmil.labels.space import LabelSpace
from tests.cli.conftest import SPACE, FakePredictor


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


def test_everything_is_in_the_report(clmil, colours):
    report = colours.folder / "report.json"
    result = clmil(
        "evaluate", colours.model, colours.data, "--output", report, "--resamples", 50, "--seed", 3
    )
    assert result.exit_code == 0, result.stderr
    value = json.loads(report.read_text())
    assert value["intervals"]["resamples"] == 50
    ends = value["intervals"]["micro_f1"]
    assert ends["low"] <= value["scores"]["micro_f1"] <= ends["high"]
    assert value["at_half"] == value["scores"]
    assert value["ranking"]["one_error"] == pytest.approx(1 / 3)
    assert value["decisions"]["thresholds"] == {"red": 0.5, "green": 0.5, "blue": 0.5}
    assert value["confusions"] == [{"missed": "blue", "predicted": "green", "documents": 1}]
    assert value["per_label"][1]["train_documents"] == 3
    assert set(value["calibration_error"]) == {"raw", "calibrated"}
    assert "comparison" not in value
    for shown in ("95 % interval", "label ranking average precision", "one-error", "samples F1"):
        assert shown in result.stdout


def test_own_thresholds_stand_beside_one_half(clmil, colours, monkeypatch):
    rule = DecisionRule(thresholds=np.array([0.5, 0.95, 0.5]))
    monkeypatch.setattr(FakePredictor, "rule", rule)
    report = colours.folder / "report.json"
    result = clmil("evaluate", colours.model, colours.data, "--output", report)
    assert "at 0.5" in result.stdout
    value = json.loads(report.read_text())
    assert value["threshold"] is None
    assert value["at_half"]["micro_f1"] == pytest.approx(0.75)
    assert value["scores"]["micro_f1"] == pytest.approx(2 * 2 / (2 * 2 + 2))


def test_against_other_models(clmil, colours):
    report, other = colours.folder / "report.json", colours.folder / "other"
    other.mkdir()
    more = ("--against", other, "--against", colours.model, "--output", report)
    result = clmil("evaluate", colours.model, colours.data, *more)
    assert result.exit_code == 0, result.stderr
    assert "Compared with other" in result.stdout
    value = json.loads(report.read_text())
    assert [one["model"] for one in value["comparison"]] == ["other", str(colours.model)]
    assert value["comparison"][0]["differences"]["micro_f1"]["p_value"] == 1


def test_against_a_model_of_other_labels(clmil, colours, monkeypatch):
    other = colours.folder / "other"
    other.mkdir()
    pink = LabelSpace(
        names=("red", "green", "pink"), descriptions=("",) * 3, counts=(3, 2, 1), documents=9
    )
    monkeypatch.setattr(
        FakePredictor, "space", property(lambda self: pink if self.folder == other else SPACE)
    )
    result = clmil("evaluate", colours.model, colours.data, "--against", other)
    assert result.exit_code == 2
    assert "knows 'blue'" in result.stderr
    assert "knows 'pink'" in result.stderr


def test_page(clmil, colours):
    pytest.importorskip("matplotlib")
    page = colours.folder / "page.html"
    result = clmil("evaluate", colours.model, colours.data, "--html", page)
    assert result.exit_code == 0, result.stderr
    assert f"The page is in {page}." in result.stderr
    assert "The worst errors" in page.read_text(encoding="utf-8")


def test_predictions_without_a_model(clmil, colours):
    output, report = colours.folder / "out.jsonl", colours.folder / "report.json"
    clmil("predict", colours.model, colours.data, "--output", output)
    result = clmil("evaluate", "--predictions", output, "--output", report)
    assert result.exit_code == 0, result.stderr
    value = json.loads(report.read_text())
    assert value["scores"]["micro_f1"] == pytest.approx(0.75)
    assert value["decisions"] is None
    assert value["model"] == "out.jsonl"


@pytest.mark.parametrize("words", [(), ("model",), ("model", "data", "--predictions", "file")])
def test_what_is_scored_must_be_clear(clmil, words):
    result = clmil("evaluate", *words)
    assert result.exit_code == 2
    assert "--predictions" in result.stderr


@pytest.mark.parametrize("option", ["--output", "--html"])
def test_nothing_that_is_read_is_replaced(clmil, colours, option):
    pytest.importorskip("matplotlib")
    before = colours.data.read_bytes()
    for place in (colours.data, colours.model / "labels.json"):
        assert clmil("evaluate", colours.model, colours.data, option, place).exit_code == 2
    assert colours.data.read_bytes() == before
    assert not list(colours.model.iterdir())


def test_the_report_is_kept_if_nobody_reads_the_tables(clmil, colours, monkeypatch):
    def closed(*_):
        raise BrokenPipeError

    monkeypatch.setattr("clmil.cli.evaluate.show", closed)
    report = colours.folder / "report.json"
    assert clmil("evaluate", colours.model, colours.data, "--output", report).exit_code == 1
    assert json.loads(report.read_text())["documents"] == 4


def test_labels_without_a_column_are_left_out(clmil, colours):
    data, report = colours.folder / "columns.csv", colours.folder / "report.json"
    data.write_text("text,red,green\nred blue,1,0\ngreen,0,1\nblue,0,0\n")
    words = ("evaluate", colours.model, data, "--output", report)
    for more in (("--label-columns", "red,green"), ()):
        result = clmil(*words, *more)
        assert result.exit_code == 0, result.stderr
        assert "whether the model's label 'blue' applies; it is left out" in result.stderr
        value = json.loads(report.read_text())
        assert value["scores"]["micro_f1"] == value["scores"]["macro_f1"] == 1
        assert [row["name"] for row in value["per_label"]] == ["red", "green"]
        assert set(value["decisions"]["thresholds"]) == {"red", "green"}
    against = clmil(*words, "--against", colours.model)
    assert against.exit_code == 0, against.stderr


def test_predictions_of_labels_without_a_column(clmil, colours):
    data, output = colours.folder / "columns.csv", colours.folder / "out.csv"
    data.write_text("text,red,green\nred blue,1,0\ngreen,0,1\n")
    assert clmil("predict", colours.model, data, "--output", output).exit_code == 0
    result = clmil("evaluate", "--predictions", output, "--label-columns", "red,green")
    assert result.exit_code == 0, result.stderr
    assert "label 'blue' applies; it is left out" in result.stderr


@pytest.mark.parametrize("labels", ["a; b", "c"])
def test_a_label_that_holds_a_delimiter_is_not_split(clmil, colours, monkeypatch, labels):
    named = LabelSpace(
        names=("a; b", "c", "d"), descriptions=("",) * 3, counts=(3, 2, 1), documents=9
    )
    monkeypatch.setattr(FakePredictor, "space", named)
    data = colours.folder / "single.csv"
    data.write_text(f"text,labels\nred,a; b\ngreen,{labels}\n")
    assert clmil("evaluate", colours.model, data).exit_code == 0
    data.write_text("text,labels\nred,a; b\ngreen,c; a; b\n")
    result = clmil("evaluate", colours.model, data)
    assert result.exit_code == 2
    assert "name the right delimiter" in result.stderr
