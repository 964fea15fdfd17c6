import json

import pyarrow.parquet as pq
import pytest

from clmil.data.chunks import iter_chunks
from clmil.data.columns import Columns
from clmil.data.records import iter_records
from clmil.data.writers import open_writer
from clmil.errors import DataError

FIRST = [{"id": 1, "text": "a,\n|é", "found": ["x", "y"], "p": {"x": 0.5, "y": 0.25}}]
SECOND = [{"id": 2, "text": 'b "q"', "found": [], "p": {"x": 0.0, "y": 1.0}}]


def read(path):
    return [record.values for record in iter_records(path)]


def write_and_stop(path):
    with open_writer(path) as writer:
        writer.write(FIRST)
        raise KeyboardInterrupt


def write_singly(path, rows):
    with open_writer(path) as writer:
        for row in rows:
            writer.write([row])


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.parquet"])
def test_written_and_read_again(tmp_path, name):
    with open_writer(tmp_path / name) as writer:
        writer.write(FIRST)
        writer.write(SECOND)
    assert read(tmp_path / name) == FIRST + SECOND
    assert [file.name for file in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.csv.gz"])
def test_cells_join_lists_and_keep_mappings_as_json(tmp_path, name):
    with open_writer(tmp_path / name) as writer:
        writer.write(FIRST)
        writer.write(SECOND)
    first, second = read(tmp_path / name)
    assert first == {"id": "1", "text": "a,\n|é", "found": "x|y", "p": json.dumps(FIRST[0]["p"])}
    assert (second["found"], second["text"]) == ("", 'b "q"')


def test_parquet_takes_empty_columns_as_strings(tmp_path):
    with open_writer(tmp_path / "a.parquet") as writer:
        writer.write([{"text": "a", "found": [], "more": None}])
        writer.write([{"text": "b", "found": ["x"], "more": "m"}])
    assert pq.read_table(tmp_path / "a.parquet").to_pylist()[1]["found"] == ["x"]


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.parquet"])
def test_a_failure_leaves_what_was_there(tmp_path, name):
    (tmp_path / name).write_text("before")
    with pytest.raises(KeyboardInterrupt):
        write_and_stop(tmp_path / name)
    assert (tmp_path / name).read_text() == "before"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv.gz", "a.parquet"])
def test_no_rows_are_an_empty_file(tmp_path, name):
    with open_writer(tmp_path / name):
        pass
    assert (tmp_path / name).exists()


@pytest.mark.parametrize(
    ("name", "rows", "says"),
    [
        ("a.csv", [{"a": 1}, {"a": 1, "b": 2}], "column 'b', which the first one lacks"),
        ("a.parquet", [{"a": 1}, {"a": 1, "b": 2}], "column 'b', which the first one lacks"),
        ("a.parquet", [{"a": 1}, {"a": "x"}], "changes its type"),
        ("a.csv", [{"a": ["x|y"]}], "'x|y' holds the sign '|'"),
    ],
)
def test_rows_that_do_not_fit(tmp_path, name, rows, says):
    with pytest.raises(DataError) as caught:
        write_singly(tmp_path / name, rows)
    assert says in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_places_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "none" / "a.jsonl", tmp_path / "file" / "a.parquet"):
        with pytest.raises(DataError, match="cannot be written"), open_writer(path) as writer:
            writer.write(FIRST)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(DataError, match="is a folder"), open_writer(tmp_path / "folder.csv"):
        pass
    with pytest.raises(DataError, match="unknown extension"), open_writer(tmp_path / "a.txt"):
        pass


def test_a_full_disk_is_one_sentence(tmp_path, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("clmil.data.formats.JsonWriter.write", full)
    with pytest.raises(DataError, match="No space left"), open_writer(tmp_path / "a.jsonl") as out:
        out.write(FIRST)
    assert list(tmp_path.iterdir()) == []


def test_errors_of_the_caller_stay_what_they_are(tmp_path):
    with pytest.raises(OSError, match="mine"), open_writer(tmp_path / "a.jsonl"):
        raise OSError("mine")


def test_chunks_keep_all_columns(tmp_path):
    (tmp_path / "a.csv").write_text("key,text\n" + "".join(f"{k},t{k}\n" for k in range(5)))
    chunks = list(iter_chunks(tmp_path / "a.csv", size=2))
    assert [len(chunk) for chunk in chunks] == [2, 2, 1]
    assert chunks[2] == [{"key": "4", "text": "t4"}]


def test_chunks_check_the_text(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"body": "a"}\n{"body": null}\n')
    with pytest.raises(DataError, match="line 2: the text in the column 'body' is null"):
        list(iter_chunks(path, columns=Columns(text="body")))
    with pytest.raises(DataError, match="line 1: there is no text column 'text'"):
        list(iter_chunks(path))


@pytest.mark.parametrize("text", ["one\rtwo", "one\r\ntwo", "\r", 'a "quoted"\rword, and more'])
def test_a_carriage_return_in_a_cell_survives(tmp_path, text):
    with open_writer(tmp_path / "a.csv") as writer:
        writer.write([{"id": "1", "text": text}, {"id": "2", "text": "plain"}])
    assert [row["text"] for row in read(tmp_path / "a.csv")] == [text, "plain"]
