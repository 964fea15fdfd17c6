import gzip

import pytest

from clmil.data.corpus import read_corpus, read_documents
from clmil.errors import DataError


def write(folder, **files):
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return folder


AAPD = {
    "text_train": "we prove a bound\nwe learn codes\n",
    "label_train": "math.IT cs.IT\ncs.LG\n",
    "text_val": "a code\n",
    "label_val": "cs.IT\n",
    "text_test": "a bound\n",
    "label_test": "cs.LG cs.IT\n",
}


def test_texts_and_labels_line_by_line(tmp_path):
    corpus = read_corpus(write(tmp_path, **AAPD))
    assert corpus.train["text"] == ["we prove a bound", "we learn codes"]
    assert corpus.train["labels"] == [["math.IT", "cs.IT"], ["cs.LG"]]
    assert corpus.validation["labels"] == [["cs.IT"]]
    assert corpus.test["labels"] == [["cs.LG", "cs.IT"]]
    assert read_documents(tmp_path, part="validation")[0]["text"] == ["a code"]


def test_the_names_of_the_rcv1_files_and_gzip(tmp_path):
    (tmp_path / "train.src.gz").write_bytes(gzip.compress(b"oil rises\ntea falls\n"))
    write(tmp_path, train__tgt="CCAT M14\nMCAT\n", valid__src="tea\n", valid__tgt="MCAT\n")
    corpus = read_corpus(tmp_path)
    assert corpus.train["labels"] == [["CCAT", "M14"], ["MCAT"]]
    assert corpus.validation["text"] == ["tea"]
    assert corpus.test is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"label_train": "cs.IT\n"}, "text_train, line 2: label_train has no such line"),
        ({"text_train": "a\n"}, "label_train, line 2: text_train has no such line"),
        ({"label_train": "cs.IT\n \n"}, "label_train, line 2: the line is blank"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path, change, said):
    write(tmp_path, **(AAPD | change))
    with pytest.raises(DataError, match=said):
        read_corpus(tmp_path)


def test_half_a_pair(tmp_path):
    write(tmp_path, text_train="a\n")
    with pytest.raises(DataError, match="holds text_train but no label_train"):
        read_corpus(tmp_path)


def test_another_encoding(tmp_path):
    write(tmp_path, **AAPD)
    (tmp_path / "text_train").write_bytes("eins\nzw\xf6lf\n".encode("latin-1"))
    with pytest.raises(DataError, match="text_train, line 2: byte 3 is not UTF-8"):
        read_corpus(tmp_path)
