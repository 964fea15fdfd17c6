"""Reading parts before any check across them."""

import pytest

from clmil.data.parts import read_parts
from clmil.errors import DataError


def test_labels_that_train_has_never_seen_are_let_through(tmp_path):
    (tmp_path / "test.csv").write_text("text,labels\nc,tin\n")
    (tmp_path / "train.csv").write_text('text,labels\na,"oil, crude|gas"\nb,gas\n')
    parts = read_parts(tmp_path)
    assert list(parts.documents) == ["train", "test"]
    assert parts.documents["test"]["labels"] == [["tin"]]
    assert parts.layout.form == "delimited"
    assert len(set(parts.notes)) == len(parts.notes)


def test_a_train_part_is_needed_where_that_is_said(tmp_path):
    (tmp_path / "test.csv").write_text("text,labels\nc,tin\n")
    assert list(read_parts(tmp_path).documents) == ["test"]
    with pytest.raises(DataError, match="has no train part; add a file"):
        read_parts(tmp_path, need_train=True)


def test_notes_of_official_files_are_told(tmp_path):
    """Bits of labels that nothing names, as hedwig distributes AAPD."""
    (tmp_path / "aapd_train.tsv").write_text("01\toil rises\n10\tgas falls\n")
    assert any("name no labels" in note for note in read_parts(tmp_path).notes)
