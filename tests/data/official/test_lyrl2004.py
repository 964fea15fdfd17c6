import gzip

import pytest

from clmil.data.corpus import read_corpus
from clmil.errors import DataError

TRAIN = ".I 2286\n.W\nrecov recov\nexpect\n\n.I 2287\n.W\nmot hol\n\n"
QRELS = "E11 2286 1\nECAT 2286 1\nC24 2287 1\nECAT 2290 1\nGMIL 2290 1\nC24 2291 1\n"
HIERARCHY = (
    "parent: None   child: Root     child-description: Root\n"
    "parent: Root   child: ECAT     child-description: ECONOMICS\n"
    "parent: ECAT   child: E11      child-description: ECONOMIC PERFORMANCE\n"
)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "lyrl2004_tokens_train.dat").write_text(TRAIN)
    (tmp_path / "lyrl2004_tokens_test_pt0.dat").write_text(".I 2290\n.W\nkorea\n\n")
    packed = gzip.compress(b".I 2291\n.W\nplant\n")
    (tmp_path / "lyrl2004_tokens_test_pt1.dat.gz").write_bytes(packed)
    (tmp_path / "rcv1-v2.topics.qrels").write_text(QRELS)
    (tmp_path / "rcv1.topics.hier.orig").write_text(HIERARCHY)
    return tmp_path


def test_tokens_topics_and_their_names(folder):
    corpus = read_corpus(folder)
    assert corpus.train["text"] == ["recov recov expect", "mot hol"]
    assert corpus.train["labels"] == [["E11", "ECAT"], ["C24"]]
    assert corpus.test["text"] == ["korea", "plant"]
    assert corpus.descriptions == {"ECAT": "Economics", "E11": "Economic performance"}


def test_a_topic_that_train_lacks_is_left_out_aloud(folder):
    corpus = read_corpus(folder)
    assert corpus.test["labels"] == [["ECAT"], ["C24"]]
    assert any("the topics GMIL have no document in the train part" in n for n in corpus.notes)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("lyrl2004_tokens_train.dat", "2286 864:0.04\n", "line 1: the file does not begin"),
        ("lyrl2004_tokens_train.dat", ".I x\n.W\na\n", "line 1: '.I x' names no document"),
        ("lyrl2004_tokens_train.dat", TRAIN + ".I 9\n.W\na\n", "line 10: the document 9 has no"),
        ("rcv1-v2.topics.qrels", QRELS + "E11 2286\n", "line 7: the line is not of the form"),
        ("rcv1.topics.hier.orig", "E11 ECAT\n", "line 1: the line is not of the form"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_line(folder, name, text, said):
    (folder / name).write_text(text)
    with pytest.raises(DataError, match=f"{name}, {said}"):
        read_corpus(folder)


def test_without_topics(folder):
    (folder / "rcv1-v2.topics.qrels").unlink()
    with pytest.raises(DataError, match=r"but no rcv1-v2.topics.qrels"):
        read_corpus(folder)
