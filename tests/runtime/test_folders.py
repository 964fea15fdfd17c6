"""Folders of files: the same rows as file by file, and no work done twice."""

import json
from pathlib import Path

import pytest

from clmil.decisions.rule import DecisionRule
from clmil.errors import DataError
from clmil.runtime.files import predict_file
from clmil.runtime.folders import assemble, open_folder, predict_folder
from tests.runtime.test_files import NAMES, lengths


class Counting:
    """Predicts by length and keeps count of the texts it was given."""

    def __init__(self, limit=10**9):
        self.texts, self.limit = 0, limit

    def __call__(self, texts):
        if self.texts >= self.limit:
            raise KeyboardInterrupt
        self.texts += len(texts)
        values = lengths(texts)
        return values, DecisionRule.fixed(2).decide(values)


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for name, number in (("a", 2500), ("b", 30)):
        rows = [{"text": f"{name} " + "x" * (k % 90), "number": k} for k in range(number)]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "c.csv").write_text("text,id\nhello,1\n")
    (folder / ".hidden.jsonl").write_text("")
    (folder / "notes.txt").write_text("no data")
    return folder


def expected(source, tmp_path):
    """Return the bytes of each file, predicted by itself."""
    found = {}
    for file in sorted(source.glob("[abc].*")):
        target = tmp_path / f"alone-{file.name}"
        predict_file(lengths, NAMES, file, target)
        found[file.name] = target.read_bytes()
    return found


def written(folder):
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir()) if file.is_file()}


def test_each_file_as_if_alone(source, tmp_path):
    output, done = tmp_path / "out", []
    run = open_folder(source, output, "key")
    predict_folder(run, Counting(), NAMES, advance=done.append)
    assert written(output) == expected(source, tmp_path)
    assert sum(done) == 2531
    assert sorted(file.name for file in output.iterdir()) == ["a.jsonl", "b.jsonl", "c.csv"]


def test_an_interrupted_run_goes_on_where_it_was(source, tmp_path):
    output = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        predict_folder(open_folder(source, output, "key"), Counting(limit=1024), NAMES)
    assert written(output) == {}
    later = Counting(limit=1400)
    with pytest.raises(KeyboardInterrupt):
        predict_folder(open_folder(source, output, "key", resume=True), later, NAMES)
    assert later.texts == 2500 - 1024
    assert list(written(output)) == ["a.jsonl"]
    last = Counting()
    run = open_folder(source, output, "key", resume=True)
    assert [file.name for file, _ in run.files] == ["b.jsonl", "c.csv"]
    predict_folder(run, last, NAMES)
    assert last.texts == 31
    assert written(output) == expected(source, tmp_path)


def test_a_bad_line_is_told_and_can_be_mended(source, tmp_path):
    output, second = tmp_path / "out", source / "b.jsonl"
    whole = second.read_text()
    second.write_text(whole + "{broken\n")
    with pytest.raises(DataError, match=r"b\.jsonl, line 31"):
        predict_folder(open_folder(source, output, "key"), Counting(), NAMES)
    assert list(written(output)) == ["a.jsonl"]
    second.write_text(whole)
    again = Counting()
    predict_folder(open_folder(source, output, "key", resume=True), again, NAMES)
    assert again.texts == 31
    assert written(output) == expected(source, tmp_path)


def test_a_finished_file_that_changes_is_done_again(source, tmp_path):
    output = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        predict_folder(open_folder(source, output, "key"), Counting(limit=2500), NAMES)
    with (source / "a.jsonl").open("a") as stream:
        stream.write('{"text": "new"}\n')
    again = Counting()
    predict_folder(open_folder(source, output, "key", resume=True), again, NAMES)
    assert again.texts == 2501 - 2048 + 31
    assert written(output) == expected(source, tmp_path)


def test_pieces_become_a_file_whoever_made_them(source, tmp_path):
    run = open_folder(source / "a.jsonl", tmp_path / "a.jsonl", "key")
    texts = [json.loads(line)["text"] for line in (source / "a.jsonl").read_text().splitlines()]
    for start in (2048, 0, 1024, 0):
        part = texts[start : start + 1024]
        run.pieces.put(part, *Counting()(part))
    assemble(run, NAMES, *run.files[0])
    run.close()
    assert (tmp_path / "a.jsonl").read_bytes() == expected(source, tmp_path)["a.jsonl"]
    assert not list(tmp_path.glob(".a*"))


def test_a_file_that_changes_meanwhile_is_told(source, tmp_path):
    run = open_folder(source / "a.jsonl", tmp_path / "a.jsonl", "key")
    with pytest.raises(DataError, match=r"a\.jsonl was changed while"):
        assemble(run, NAMES, *run.files[0])
    assert not (tmp_path / "a.jsonl").exists()


def test_what_is_there_is_not_replaced_unasked(source, tmp_path):
    output = tmp_path / "out"
    open_folder(source, output, "key")
    with pytest.raises(DataError, match="holds an unfinished prediction; add --resume"):
        open_folder(source, output, "key")
    with pytest.raises(DataError, match="another model or other settings"):
        open_folder(source, output, "other", resume=True)
    assert open_folder(source, output, "other", overwrite=True).pieces.key == "other"
    predict_folder(open_folder(source, output, "key", overwrite=True), Counting(), NAMES)
    with pytest.raises(DataError, match=r"the output .*a\.jsonl exists"):
        open_folder(source, output, "key")


def test_places_that_cannot_be(source, tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    for given, target, message in (
        (source, source, "is the input too"),
        (source, tmp_path / "file", "is a file, but the input a folder"),
        (tmp_path / "empty", tmp_path / "out", "holds no .jsonl"),
        (tmp_path / "none", tmp_path / "out", "does not exist"),
    ):
        with pytest.raises(DataError, match=message):
            open_folder(Path(given), target, "key")


def test_descriptions_of_labels_are_no_texts(source, tmp_path):
    (source / "labels.json").write_text('{"a": "first"}')
    run = open_folder(source, tmp_path / "out", "key")
    assert {file.name for file, _ in run.files} == {"a.jsonl", "b.jsonl", "c.csv"}


def test_labels_that_an_output_cannot_hold_are_told_before_any_work(source, tmp_path):
    with pytest.raises(DataError, match=r"c.csv: 'x\|y' holds the sign"):
        open_folder(source, tmp_path / "out", "key", names=("a", "x|y"))
    assert not (tmp_path / "out").exists()


def test_it_says_whether_it_goes_on(source, tmp_path):
    assert not open_folder(source, tmp_path / "out", "key", resume=True).resumed
    assert open_folder(source, tmp_path / "out", "key", resume=True).resumed
