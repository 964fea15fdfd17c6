import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clmil.data.records import iter_records
from clmil.errors import DataError

ROWS = [{"text": "a\nb", "labels": "x|y"}, {"text": 'say "hi", please', "labels": ""}]


def write(path: Path, content: bytes | str) -> Path:
    raw = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)
    return path


def content_of(form: str) -> bytes:
    if form == "csv":
        return b'text,labels\n"a\nb",x|y\n"say ""hi"", please",\n'
    if form == "tsv":
        return b'text\tlabels\n"a\nb"\tx|y\n"say ""hi"", please"\t\n'
    if form == "parquet":
        sink = pa.BufferOutputStream()
        pq.write_table(pa.Table.from_pylist(ROWS), sink)
        return sink.getvalue().to_pybytes()
    return "".join(json.dumps(row) + "\n" for row in ROWS).encode()


def refusal(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        list(iter_records(path))
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


@pytest.mark.parametrize("zipped", ["", ".gz"])
@pytest.mark.parametrize("form", ["jsonl", "json", "csv", "tsv", "parquet"])
def test_every_form_gives_the_same_rows(tmp_path, form, zipped):
    path = write(tmp_path / f"data.{form}{zipped}", content_of(form))
    assert [record.values for record in iter_records(path)] == ROWS


def test_csv_lines_are_those_of_the_file(tmp_path):
    path = write(tmp_path / "a.csv", 'text,labels\r\n"two\r\nlines",x\r\n\r\nlast,y\r\n')
    assert [record.line for record in iter_records(path)] == [2, 5]


def test_json_lines_skips_blank_lines_and_counts_them(tmp_path):
    path = write(tmp_path / "a.jsonl", '\ufeff{"text": "a"}\n\n{"text": "b"}\n')
    assert [(r.line, r.values["text"]) for r in iter_records(path)] == [(1, "a"), (3, "b")]


def test_byte_order_mark_is_no_part_of_the_header(tmp_path):
    path = write(tmp_path / "a.csv", "\ufefftext,labels\na,b\n")
    assert next(iter_records(path)).values == {"text": "a", "labels": "b"}


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.jsonl", '{"text": "a"}\n{"text": \n', ["line 2", "not JSON"]),
        ("a.jsonl", "[" * 100_000, ["line 1", "not JSON"]),
        ("a.jsonl", '{"text": "a"}\n["b"]\n', ["line 2", "list", "not an object"]),
        ("a.jsonl", '{"a": 1}\n{"text": "a", "text": "b"}\n', ["line 2", "key 'text'", "twice"]),
        ("a.jsonl", '{"a": {"b": 1, "b": 1}}\n', ["line 1", "key 'b'", "twice"]),
        ("a.csv", "text;labels\na, b;c\n", ["line 2", "'text;labels'", "comma between columns"]),
        ("a.jsonl", "3\n", ["line 1", "int", "not an object"]),
        ("a.jsonl", b'{"text": "a"}\n{"text": "\xff"}\n', ["line 2", "byte 11", "UTF-8"]),
        ("a.csv", b"text,labels\na,b\n\x80,c\n", ["line 3", "UTF-8"]),
        ("a.csv", b"text,labels\na\x00,b\n", ["line 2", "binary"]),
        ("a.csv", "text,labels\na,b\nc\n", ["line 3", "1 cells", "header 2"]),
        ("a.csv", 'text,labels\n"a\n",b\nc,d,e\n', ["line 4", "3 cells"]),
        ("a.csv", 'text,labels\na,b\n"open,c\n\nd,e\n', ["line 3", "quote"]),
        ("a.csv", "text,text\na,b\n", ["'text'", "twice"]),
        ("a.csv", "", ["empty"]),
        ("a.csv", "text,labels\n", ["empty"]),
        ("a.jsonl", "", ["empty"]),
        ("a.jsonl.gz", "", ["empty"]),
        ("a.parquet", b"PAR1 junk", ["Parquet"]),
        ("a.parquet", b"", ["Parquet"]),
        ("a.xlsx", b"junk", ["unknown extension", ".jsonl"]),
    ],
)  # fmt: skip
def test_bad_files_are_refused_with_their_place(tmp_path, name, content, says):
    message = refusal(write(tmp_path / name, content))
    assert all(part in message for part in says), message


def test_missing_file_and_folder(tmp_path):
    assert "does not exist" in refusal(tmp_path / "none.csv")
    assert "is a folder" in refusal(tmp_path)


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_damaged_gzip(tmp_path, form):
    whole = gzip.compress(content_of(form) * (1 if form == "parquet" else 50))
    for raw in (whole[:-9], b"no gzip", whole[:12] + b"\xff\xff\xff" + whole[15:]):
        path = tmp_path / f"a.{form}.gz"
        path.write_bytes(raw)
        assert "not a whole gzip file" in refusal(path)


def test_unreadable_file(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    path = write(tmp_path / "a.csv", "text\na\n")
    monkeypatch.setattr(Path, "open", refuse)
    assert "Permission denied" in refusal(path)


def test_endless_line(tmp_path, monkeypatch):
    monkeypatch.setattr("clmil.data.files.LONGEST_LINE", 2**20)
    assert "line 2" in refusal(write(tmp_path / "a.jsonl", "{}\n" + " " * 2**20))


def test_reading_is_lazy(tmp_path):
    path = write(tmp_path / "a.jsonl", '{"text": "a"}\nnot json\n')
    assert next(iter_records(path)).values == {"text": "a"}


@given(st.binary(max_size=200), st.sampled_from(["jsonl", "csv", "tsv", "parquet", "csv.gz"]))
def test_junk_never_ends_in_another_error(tmp_path_factory, raw, form):
    path = tmp_path_factory.getbasetemp() / f"junk.{form}"
    path.write_bytes(raw)
    try:
        records = list(iter_records(path))
    except DataError:
        return
    assert records
    assert all(record.line >= 1 for record in records)
