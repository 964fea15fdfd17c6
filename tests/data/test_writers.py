import json
import math

import pyarrow as pa
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
        ("a.csv", [{"a": 1}, {"a": 1, "b": 2}], "row 2 has the column 'b', which the first"),
        ("a.parquet", [{"a": 1}, {"a": 1, "b": 2}], "row 2 has the column 'b', which the first"),
        ("a.parquet", [{"a": 1}, {"a": "x"}], "row 2: the column 'a' holds 'x', which its type"),
        ("a.parquet", [{"a": 1}, {"a": 1.5}], "row 2: the column 'a' holds 1.5"),
        ("a.parquet", [{"a": {"x": 1}}, {"a": {"y": 2}}], "row 2: the column 'a' holds {'y': 2}"),
        ("a.parquet", [{"a": 1.5}, {"a": True}], "row 2: the column 'a' holds True"),
        (
            "a.parquet",
            [{"a": 1.5}, {"a": 2**53 + 1}],
            "row 2: the column 'a' holds 9007199254740993",
        ),
        ("a.parquet", [{"a": 2**70}], "row 1: the column 'a' holds 1180591620717411303424"),
        ("a.parquet", [{"a": "\ud800"}], "row 1: the column 'a' holds '\\ud800'"),
        ("a.parquet", [{"a": {}}], "cannot hold these columns"),
        ("a.csv", [{"a": "\ud800"}], "half a surrogate pair"),
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


def test_values_of_two_types_in_one_chunk_are_refused_with_their_row(tmp_path):
    for values in ([1, "x"], [{"x": 1}, 3], [[1], ["x"]]):
        out, rows = open_writer(tmp_path / "a.parquet"), [{"a": value} for value in values]
        with pytest.raises(DataError, match="row 2: the column 'a'"), out as writer:
            writer.write(rows)
    assert list(tmp_path.iterdir()) == []


def test_parquet_widens_where_nothing_is_lost(tmp_path):
    rows = [{"a": 1.5, "b": {"x": 1, "y": None}}, {"a": 2, "b": {"x": 3}}, {"a": float("nan")}]
    write_singly(tmp_path / "a.parquet", rows)
    table = pq.read_table(tmp_path / "a.parquet")
    assert table["a"].to_pylist()[:2] == [1.5, 2.0]
    assert table["b"].to_pylist()[1:] == [{"x": 3, "y": None}, None]


def test_parquet_takes_the_types_that_are_known(tmp_path):
    known = pa.schema([("a", pa.int8()), ("b", pa.map_(pa.string(), pa.float32()))])
    with open_writer(tmp_path / "a.parquet", known=known) as writer:
        writer.write([{"a": None, "b": None, "more": "m"}])
        writer.write([{"a": 7, "b": [("k", 0.5)], "more": "n"}])
    table = pq.read_table(tmp_path / "a.parquet")
    assert table.schema.types == [*known.types, pa.string()]
    assert table.to_pylist()[1] == {"a": 7, "b": [("k", 0.5)], "more": "n"}


UNUSUAL = [
    {"b": b"\xff", "m": [("k", 1)], "n": [None, "a"], "x": [1.5, float("inf")], "f": math.nan}
]


def test_json_lines_are_json_whatever_the_cells_hold(tmp_path):
    write_singly(tmp_path / "a.jsonl", UNUSUAL)
    (line,) = (tmp_path / "a.jsonl").read_text().splitlines()
    assert json.loads(line, parse_constant=pytest.fail) == {
        "b": "/w==", "m": [["k", 1]], "n": [None, "a"], "x": [1.5, None], "f": None
    }  # fmt: skip


def test_csv_keeps_bytes_and_nested_lists_readable(tmp_path):
    write_singly(tmp_path / "a.csv", UNUSUAL)
    (row,) = read(tmp_path / "a.csv")
    assert row == {"b": "/w==", "m": '[["k", 1]]', "n": '[null, "a"]', "x": "1.5|inf", "f": "nan"}
