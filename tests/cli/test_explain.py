"""`clmil explain` with a stand-in predictor, whose words are cut out one by one."""

import json

import pytest

from clmil.labels.space import LabelSpace
from tests.cli.conftest import FakePredictor


def test_colours_and_scores_in_the_terminal(clmil, colours) -> None:
    done = clmil("explain", colours.model, "a red hat")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[:2] == ["red 0.90", "a red hat"]
    assert "red +4.39" in lines[2]
    assert "occlusion:" in done.stdout


def test_json_has_offsets_into_the_text(clmil, colours) -> None:
    done = clmil("explain", colours.model, "a red hat", "green red", "--json", "-", "--top", "1")
    first, second = json.loads(done.stdout)
    assert first["labels"][0]["words"][0] | {"score": 0} == {
        "start": 2,
        "end": 5,
        "word": "red",
        "score": 0,
    }
    assert [label["label"] for label in second["labels"]] == ["red", "green"]
    assert first["method"] == "occlusion"


def test_labels_that_are_not_predicted(clmil, colours) -> None:
    done = clmil("explain", colours.model, "a red hat", "--labels", "blue, red")
    assert "blue 0.08, not predicted" in done.stdout
    assert "red 0.90" in done.stdout


def test_files_json_and_page(clmil, colours) -> None:
    page, values = colours.folder / "page.html", colours.folder / "found.json"
    done = clmil(
        "explain", colours.model, "--file", colours.data, "--html", page, "--json", values,
        "--limit", "3",
    )  # fmt: skip
    assert done.exit_code == 0
    assert "Only the first 3 texts" in done.stderr
    found = json.loads(values.read_text(encoding="utf-8"))
    assert [one["text"] for one in found] == ["red and green", "red", "nothing"]
    assert "No label is predicted" in done.stdout
    written = page.read_text(encoding="utf-8")
    assert '<mark class="pro"' in written
    assert "http" not in written


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["text", "--labels", "purple"], "'purple' is no label of this model"),
        (["text", "--method", "integrated-gradients"], "use the method own"),
        (["text", "--html", "/no/such/folder/page.html"], "is no folder"),
        ([], "give either texts or --file"),
        (["text", "--limit", "3"], "go with --file"),
        (["text", "--html", "-"], "`-` cannot be written to"),
        (["text", "--html", "same", "--json", "same"], "is to be written twice"),
    ],
)
def test_what_is_wrong_is_told(clmil, colours, words, told) -> None:
    done = clmil("explain", colours.model, *words)
    assert done.exit_code == 2
    assert told in " ".join(done.stderr.split())


def test_a_label_with_a_comma(clmil, colours, monkeypatch) -> None:
    named = LabelSpace(
        names=("red, dark", "green", "blue"), descriptions=("",) * 3, counts=(3, 2, 1), documents=9
    )
    monkeypatch.setattr(FakePredictor, "space", named)
    alone = clmil("explain", colours.model, "a hat", "--labels", "red, dark")
    assert alone.stdout.startswith("red, dark 0.10")
    both = clmil("explain", colours.model, "a hat", "--labels", 'blue, "red, dark"')
    assert [line for line in both.stdout.splitlines() if "not predicted" in line] == [
        "blue 0.08, not predicted",
        "red, dark 0.10, not predicted",
    ]


def test_files_are_kept_if_nobody_reads_the_words(clmil, colours, monkeypatch) -> None:
    def closed(*_) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("clmil.cli.explain.show", closed)
    values = colours.folder / "found.json"
    assert clmil("explain", colours.model, "a red hat", "--json", values).exit_code == 1
    assert json.loads(values.read_text())[0]["text"] == "a red hat"


def test_one_text_is_one_text(clmil, colours) -> None:
    done = clmil("explain", colours.model, "--file", colours.data, "--limit", "1")
    assert f"Only the first text of {colours.data} is explained" in done.stderr
