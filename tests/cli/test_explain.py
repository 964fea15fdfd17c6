"""`clmil explain` with a stand-in predictor, whose words are cut out one by one."""

import json

import pytest


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
        (["text", "--method", "integrated-gradients"], "use --method own"),
        (["text", "--html", "/no/such/folder/page.html"], "is no folder"),
        ([], "give either texts or --file"),
    ],
)
def test_what_is_wrong_is_told(clmil, colours, words, told) -> None:
    done = clmil("explain", colours.model, *words)
    assert done.exit_code == 2
    assert told in " ".join(done.stderr.split())
