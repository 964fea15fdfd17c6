"""Choosing thresholds anew: what is written, what is shown, what is refused."""

import json

import numpy as np
import pytest

from clmil.decisions.rule import DecisionRule
from clmil.storage import folder as storage
from tests.cli.conftest import SPACE, FakePredictor


@pytest.fixture
def many(colours, monkeypatch):
    """Sixty labelled texts; the stand-in is sure of red, but gives green and blue too little."""
    rng = np.random.default_rng(0)
    rows = []
    for _ in range(60):
        labels = [name for name in SPACE.names if rng.random() < 0.4]
        rows.append({"text": " ".join(labels) or "nothing", "labels": labels})
    colours.data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    labels = SPACE.to_json() | {"decisions": DecisionRule.fixed(3).to_json(SPACE.names)}
    (colours.model / "labels.json").write_text(json.dumps(labels))
    monkeypatch.setattr(storage, "check_folder", lambda folder: None)

    def raw(self, texts, batch_size=32):
        high, low = np.array([0.9, 0.4, 0.3]), np.array([0.1, 0.1, 0.05])
        rows = [[name in text for name in SPACE.names] for text in texts]
        return np.where(rows, high, low).astype(np.float32)

    monkeypatch.setattr(FakePredictor, "raw_proba", raw)
    return colours


def kept(colours):
    labels = json.loads((colours.model / "labels.json").read_text())
    return DecisionRule.from_json(labels["decisions"], SPACE.names)


def test_thresholds_are_chosen_and_kept(clmil, many):
    result = clmil("decide", many.model, many.data)
    assert result.exit_code == 0, result.stderr
    low, high = np.array([0.1, 0.1, 0.05]), np.array([0.9, 0.4, 0.3])
    rule = kept(many)
    assert ((rule.thresholds >= low) & (rule.thresholds < high)).all()
    assert rule.chosen["documents"] == 60
    lines = [line.split() for line in result.stdout.splitlines()]
    assert any(line[-2:] == ["100.0", "100.0"] and line[0] == "chosen" for line in lines)
    assert str(many.model / "labels.json") in result.stderr
    stored = json.loads((many.model / "labels.json").read_text())
    assert [row["name"] for row in stored["labels"]] == list(SPACE.names)


def test_one_threshold_never_empty_and_calibration(clmil, many):
    words = ("--global", "--never-empty", "--calibrate", "temperature", "--objective", "micro-f1")
    result = clmil("decide", many.model, many.data, *words)
    assert result.exit_code == 0, result.stderr
    rule = kept(many)
    assert len(set(rule.thresholds)) == 1
    assert rule.never_empty
    assert rule.chosen["objective"] == "micro-f1"
    assert "alibration" in result.stderr


def test_costs_and_recall_name_their_objective(clmil, many):
    assert clmil("decide", many.model, many.data, "--false-negative", 5).exit_code == 0
    assert kept(many).chosen["objective"] == "cost"
    assert clmil("decide", many.model, many.data, "--recall", 0.8).exit_code == 0
    assert kept(many).chosen["objective"] == "precision-at-recall"


@pytest.mark.parametrize(
    ("name", "text"), [("c.json", '{"red": {"fn": 3}}'), ("c.yaml", "red: {fn: 3}")]
)
def test_costs_from_a_file(clmil, many, name, text):
    file = many.folder / name
    file.write_text(text)
    assert clmil("decide", many.model, many.data, "--cost", file).exit_code == 0
    assert kept(many).chosen["objective"] == "cost"
    assert kept(many).chosen["cross_validated"]["chosen"]["score"] <= 0


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--objective", "macro"), "no objective 'macro'; did you mean 'macro-f1'?"),
        (("--false-positive", 0, "--false-negative", 0), "all costs are 0, so that no rule"),
        (("--recall", 2), "the recall is 2; give a number above 0"),
        (("--objective", "micro-f1", "--false-negative", 2), "takes no other objective's options"),
        (("--cost", "COSTS", "--false-negative", 2), "give either --cost or costs"),
    ],
)
def test_what_is_refused(clmil, many, words, expected):
    before = (many.model / "labels.json").read_text()
    result = clmil("decide", many.model, many.data, *words)
    assert result.exit_code == 2
    assert expected in " ".join(result.stderr.replace("│", " ").split())
    assert (many.model / "labels.json").read_text() == before


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"rad": {"fp": 1}}', "no label 'rad'; did you mean 'red'?"),
        ('{"red": 3}', "the costs of 'red' are not {fp: number, fn: number}"),
        ('{"red": {"fp": -1}}', "the cost fp of 'red' is -1; give a number of 0 or more"),
        ('{"red": {"false": 1}}', "the costs of 'red' are not"),
        ("{", "is not JSON"),
    ],
)
def test_bad_costs_are_told(clmil, many, text, expected):
    file = many.folder / "costs.json"
    file.write_text(text)
    result = clmil("decide", many.model, many.data, "--cost", file)
    assert result.exit_code == 2
    assert expected in result.stderr
    assert len([line for line in result.stderr.splitlines() if "Error" in line]) == 1


def test_few_documents_say_so(clmil, many):
    many.data.write_text("".join(many.data.read_text().splitlines(keepends=True)[:5]))
    before = kept(many).thresholds.tolist()
    result = clmil("decide", many.model, many.data)
    assert result.exit_code == 2
    assert "fewer than 20 annotated documents, too few to choose by" in result.stderr
    assert kept(many).thresholds.tolist() == before


def test_a_promise_is_kept_with_the_model_and_checked(clmil, many, tmp_path):
    other = tmp_path / "other.jsonl"
    other.write_text(many.data.read_text())
    words = ("--miss-at-most", "0.1", "--review-share", "0.2", "--check", other)
    result = clmil("decide", many.model, many.data, *words)
    assert result.exit_code == 0, result.stderr
    rule = kept(many)
    assert rule.chosen["guarantee"]["missed"] == 0.1
    assert rule.chosen["guarantee"]["confidence"] == 0.95
    assert rule.chosen["referral"] == {"share": 0.2, "documents": 60}
    assert rule.refer_above is not None
    assert (rule.thresholds < [0.9, 0.4, 0.3]).all()  # each label is found where it stands
    assert "at most 10" in result.stdout
    assert "not seen before" in result.stdout
    assert "has seen none of them" in " ".join(result.stderr.split())


def test_texts_for_a_person_alone_leave_thresholds_alone(clmil, many):
    result = clmil("decide", many.model, many.data, "--review-share", "0.2")
    assert result.exit_code == 0, result.stderr
    assert kept(many).thresholds.tolist() == [0.5] * 3


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--miss-at-most", "2"), "the bound 2 is not between 0 and 1"),
        (("--miss-at-most", "0.01"), "needs at least 299 labelled texts, and there are 60"),
        (("--review-share", "0"), "is not between 0 and 1"),
        (("--miss-at-most", "0.1", "--global"), "choose these first"),
        (("--check", "x.csv"), "--check goes with --miss-at-most"),
        (("--confidence", "0.9"), "--confidence goes with --miss-at-most"),
    ],
)
def test_promises_that_cannot_be_made(clmil, many, words, expected):
    before = (many.model / "labels.json").read_text()
    result = clmil("decide", many.model, many.data, *words)
    assert result.exit_code == 2
    assert expected in " ".join(result.stderr.replace("│", " ").split())
    assert (many.model / "labels.json").read_text() == before


def test_damaged_decisions_are_replaced(clmil, many, monkeypatch):
    def load(cls, folder, *, precision="fp32", mend=False):
        loaded = cls(folder, precision)
        loaded.rule = storage._load_rule(stored, SPACE, mend=mend)
        return loaded

    file = many.model / "labels.json"
    stored = json.loads(file.read_text())
    del stored["decisions"]["thresholds"]["red"]
    file.write_text(json.dumps(stored))
    monkeypatch.setattr(FakePredictor, "load", classmethod(load))
    refused = clmil("predict", many.model, "--text", "red")
    assert "damaged ('red' is missing); choose them again with `clmil decide" in refused.stderr
    promised = clmil("decide", many.model, many.data, "--miss-at-most", "0.1")
    assert promised.exit_code == 2
    result = clmil("decide", many.model, many.data)
    assert result.exit_code == 0, result.stderr
    assert "were damaged; 0.5 for every label stands in" in result.stderr
    assert kept(many).chosen["documents"] == 60


@pytest.mark.parametrize(
    ("rows", "labels", "words", "expected"),
    [
        (100, [], (), "there are no documents with a label, too few to choose by"),
        (1, ["red"], ("--review-share", "0.05"), "there are fewer than 20 texts (1)"),
    ],
)
def test_what_is_too_little_to_choose_by(clmil, many, rows, labels, words, expected):
    before = (many.model / "labels.json").read_text()
    many.data.write_text((json.dumps({"text": "red", "labels": labels}) + "\n") * rows)
    result = clmil("decide", many.model, many.data, *words)
    assert result.exit_code == 2
    assert expected in result.stderr
    assert (many.model / "labels.json").read_text() == before


def test_labels_without_a_column_are_told(clmil, many):
    data = many.folder / "columns.csv"
    data.write_text("text,red,green\n" + "red,1,0\ngreen,0,1\nblue red,1,0\n" * 20)
    result = clmil("decide", many.model, data)
    assert result.exit_code == 0, result.stderr
    assert "label 'blue' applies; it is given the thresholds of labels about as" in result.stderr
    now = next(line for line in result.stdout.splitlines() if "until now" in line)
    assert now.split()[-1] == "50.0"  # red 100, green 0; blue is no third
