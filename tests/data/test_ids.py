import json

from clmil.data.ids import name_of, read_ids


def test_documents_without_an_id_are_called_by_their_row(tmp_path):
    rows = [
        {"id": 7, "text": "a"},
        {"text": "b"},
        {"id": "", "text": "c"},
        {"id": "x", "text": "d"},
    ]
    file = tmp_path / "train.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    for source in (file, tmp_path):
        assert read_ids(source, part="train") == ["7", "2", "3", "x"]
    assert read_ids(file, part="validation") == ["7", "2", "3", "x"]


def test_nothing_is_called_by_what_is_given_otherwise():
    assert [name_of(value, "else") for value in (0, None, "", "id")] == ["0", "else", "else", "id"]
