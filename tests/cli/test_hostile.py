"""Hostile words and files: one clear sentence each, and nothing is changed."""

import json
import re

import pytest

from clmil.decisions.rule import DecisionRule
from clmil.labels.space import LabelSpace
from clmil.storage import folder as storage
from tests.cli.conftest import SPACE, FakePredictor

DEEP = "[" * 100_000 + "]" * 100_000


@pytest.fixture
def place(colours, monkeypatch):
    """A model with its labels.json, and a second model of other labels."""
    labels = SPACE.to_json() | {"decisions": DecisionRule.fixed(3).to_json(SPACE.names)}
    (colours.model / "labels.json").write_text(json.dumps(labels))
    monkeypatch.setattr(storage, "check_folder", lambda folder: None)
    (colours.folder / "other").mkdir()

    def space(self):
        return OTHER if self.folder.name == "other" else SPACE

    monkeypatch.setattr(FakePredictor, "space", property(space))
    return colours


OTHER = LabelSpace(
    names=("red", "green", "pink"), descriptions=("", "", ""), counts=(30, 3, 1), documents=40
)


def refused(place, result, *expected):
    """Assert one sentence without a traceback, and that the model is as it was."""
    assert result.exit_code == 2, result.output
    told = " ".join(result.stderr.replace("│", " ").split())
    for word in expected:
        assert word in told
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    ours = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    for line in ours:
        assert len(ours) == 1
        assert re.match(r"Error: \S", line)
        assert len(line) < 500
    kept = json.loads((place.model / "labels.json").read_text())
    assert set(kept["decisions"]["thresholds"].values()) == {0.5}


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("t.json", "", "is not JSON"),
        ("t.json", '{"red": 0.3,}', "is not JSON"),
        ("t.json", "[0.3, 0.4]", "holds no mapping but list"),
        ("t.json", '{"rad": 0.3}', "no label 'rad'; did you mean 'red'?"),
        ("t.json", '{"red": 1.5}', "the threshold of 'red' is 1.5; give a number from 0 to 1"),
        ("t.json", '{"red": -0.1}', "the threshold of 'red' is -0.1"),
        ("t.json", '{"red": "0.3"}', "the threshold of 'red' is \"0.3\""),
        ("t.json", '{"red": NaN}', "the threshold of 'red' is NaN"),
        ("t.json", '{"red": null}', "the threshold of 'red' is null"),
        ("t.json", '{"red": true}', "the threshold of 'red' is true"),
        ("t.json", '{"red": [0.3]}', "the threshold of 'red' is [0.3]"),
        ("t.json", '{"red": 0.3, "red": 0.4}', "names 'red' twice"),
        ("t.json", '{"labels": [], "decisions": {}}', "without thresholds of its own"),
        ("t.json", DEEP, "is not JSON (nested too deeply)"),
        ("t.json", b"\xff\xfe{}", "is not JSON"),
        ("t.yaml", "1: 0.3", "the label 1 is not text; put it between quotes"),
        ("t.yaml", "yes: 0.3", "the label True is not text; put it between quotes"),
        ("t.yaml", "red: 0.3\nred: 0.4", "names 'red' twice"),
        ("t.yaml", "a: b: c", "is not YAML"),
        ("t.yaml", "", "holds no mapping but nothing"),
        ("t.yaml", "!!python/object/apply:os.system ['true']", "is not YAML"),
    ],
)
def test_bad_thresholds_files(clmil, place, name, content, expected):
    file = place.folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    result = clmil("predict", place.model, "--text", "red", "--thresholds", file)
    refused(place, result, str(file), expected)


def test_a_byte_order_mark_is_no_fault(clmil, place):
    file = place.folder / "t.json"
    file.write_bytes(b'\xef\xbb\xbf{"red": 0.3}')
    assert clmil("predict", place.model, "--text", "red", "--thresholds", file).exit_code == 0


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("c.yaml", "1: {fp: 1}", "the label 1 is not text"),
        ("c.yaml", "red: {fp: .inf}", "the cost fp of 'red' is inf"),
        ("c.json", '{"red": {"fp": ' + "9" * 400 + "}}", "the cost fp of 'red' is 999"),
        ("c.json", '{"red": {"fp": 1, "fp": 2}}', "names 'fp' twice"),
        ("c.json", '{"red": {"fp": null}}', "the cost fp of 'red' is None"),
    ],
)
def test_bad_costs_files(clmil, place, name, content, expected):
    file = place.folder / name
    file.write_text(content)
    result = clmil("decide", place.model, place.data, "--cost", file)
    refused(place, result, str(file), expected)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--objective", "accuracy"), "there is no objective 'accuracy'"),
        (("--objective", ""), "there is no objective ''"),
        (("--recall", "nan"), "the recall is nan"),
        (("--recall", "0"), "the recall is 0"),
        (("--false-negative", "inf"), "a cost is below 0 or no finite number"),
        (("--false-positive", "nan"), "Invalid value for '--false-positive'"),
        (("--recall", "0.9", "--false-positive", "1"), "takes no other objective's options"),
        (("--calibrate", "platt"), "Invalid value for '--calibrate'"),
        (("--cost", "FOLDER"), "cannot be read (Is a directory)"),
    ],
)
def test_unknown_objectives(clmil, place, words, expected):
    words = [place.folder if word == "FOLDER" else word for word in words]
    refused(place, clmil("decide", place.model, place.data, *words), expected)


@pytest.mark.parametrize("value", ["nan", "-0.1", "1.01", "half"])
def test_a_threshold_is_a_number_from_0_to_1(clmil, place, value):
    refused(
        place,
        clmil("predict", place.model, "--text", "red", "--threshold", value),
        "Invalid value for '--threshold'",
    )


def test_models_of_different_label_sets(clmil, place):
    words = ("--against", place.folder / "other")
    result = clmil("evaluate", place.model, place.data, *words)
    refused(place, result, "cannot be compared", "knows 'blue'", "knows 'pink'", "same labels")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--against", "missing"), "the model folder missing does not exist"),
        (("--part", "nonsense"), "Invalid value for '--part'"),
        (("--resamples", "0"), "Invalid value for '--resamples'"),
        (("--seed", "-1"), "Invalid value for '--seed'"),
        (("--output", "FOLDER"), "is a folder; name a file to write"),
        (("--output", "no/folder/report.json"), "cannot be written, as no/folder is no folder"),
        (("--html", "no/folder/page.html"), "cannot be written, as no/folder is no folder"),
        (("--label-column", "tags"), "tags"),
    ],
)
def test_evaluate_refuses(clmil, place, words, expected):
    words = [place.folder if word == "FOLDER" else word for word in words]
    refused(place, clmil("evaluate", place.model, place.data, *words), expected)
