"""`clmil review`: what is printed, written and refused."""

import csv
import json
import sys

import pytest

WORDS = {"red": "rose blood", "green": "grass leaf", "blue": "sky sea"}


@pytest.fixture
def data(tmp_path):
    pytest.importorskip("cleanlab")
    sets = [["red"], ["green"], ["blue"], ["red", "green"], ["green", "blue"]] * 6
    rows = [
        {"id": k, "text": " ".join(WORDS[name] for name in names) + f" {k}", "labels": names}
        for k, names in enumerate(sets)
    ]
    rows[0]["labels"] = ["blue"]
    file = tmp_path / "data.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def test_prints_what_is_wrong_and_writes_all_documents(clmil, data):
    output = data.with_name("review.csv")
    more = data.with_name("more.csv")
    more.write_text("text\nrose sky\n")
    words = ("--output", output, "--share", "0.04", "--unlabelled", more)
    result = clmil("review", data, *words)
    assert result.exit_code == 0, result.stderr
    assert "Of 30 annotated documents 1 have" in result.stdout
    assert "1 document without labels is worth labelling next." in result.stdout
    assert str(output) in result.stderr
    rows = list(csv.DictReader(output.open(encoding="utf-8")))
    assert len(rows) == 31
    assert (rows[0]["id"], rows[0]["rank"], rows[0]["labels"]) == ("0", "1", "blue")
    assert rows[0]["suggested_labels"] == "red"
    assert [row["labels"] for row in rows if row["reason"].startswith("label next")] == ["null"]


def test_an_output_that_exists_is_kept(clmil, data):
    output = data.with_name("review.csv")
    output.write_text("mine")
    result = clmil("review", data, "--output", output)
    assert result.exit_code == 2
    assert output.read_text() == "mine"
    assert clmil("review", data, "--output", output, "--overwrite").exit_code == 0
    assert output.read_text() != "mine"


def test_nothing_is_started_for_an_output_that_cannot_be(clmil, data):
    result = clmil("review", data, "--output", data.with_name("none") / "review.csv")
    assert result.exit_code == 2
    assert "make it" in result.stderr
    wrong = clmil("review", data, "--output", data.with_name("review.txt"))
    assert wrong.exit_code == 2
    assert "scoring" not in wrong.stderr


def test_a_missing_cleanlab_names_the_extra(clmil, colours, monkeypatch):
    monkeypatch.setitem(sys.modules, "cleanlab", None)
    result = clmil("review", colours.data)
    assert result.exit_code == 2
    assert "pip install 'clmil[review]'" in result.stderr


def test_a_label_that_cannot_be_joined_is_told_before_scoring(clmil, data):
    data.write_text(data.read_text().replace('"red"', '"red|dark"'))
    result = clmil("review", data, "--output", data.with_name("review.csv"))
    assert result.exit_code == 2
    assert "'red|dark' holds '|'" in result.stderr
    assert "scoring" not in result.stderr
    assert clmil("review", data, "--output", data.with_name("review.jsonl")).exit_code == 0


def test_the_file_is_kept_if_nobody_reads_the_table(clmil, data, monkeypatch):
    def closed(*_):
        raise BrokenPipeError

    monkeypatch.setattr("clmil.cli.review.show", closed)
    output = data.with_name("review.jsonl")
    assert clmil("review", data, "--output", output).exit_code == 1
    assert len(output.read_text().splitlines()) == 30


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--output", "DATA", "--overwrite"), "is the input too"),
        (("--encoder", "mpnet"), "--encoder goes with --scores"),
    ],
)
def test_what_is_refused(clmil, data, words, expected):
    result = clmil("review", data, *(data if word == "DATA" else word for word in words))
    assert result.exit_code == 2
    assert expected in " ".join(result.stderr.split())
