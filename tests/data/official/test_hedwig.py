import pytest

from clmil.data.corpus import read_corpus
from clmil.errors import DataError


def corpus_files(folder, train="101\tfirst text\n011\tsecond\twith a tab\n100\tthird\n"):
    (folder / "aapd_train.tsv").write_text(train)
    (folder / "aapd_validation.tsv").write_text("010\tfourth\n")
    (folder / "aapd_test.tsv").write_text("001\tfifth\n")
    return folder


def test_bits_before_the_text_and_no_header(tmp_path):
    (corpus_files(tmp_path) / "labels.txt").write_text("ai\nml\ncv\n")
    corpus = read_corpus(tmp_path)
    assert corpus.train["text"] == ["first text", "second\twith a tab", "third"]
    assert corpus.train["labels"] == [["ai", "cv"], ["ml", "cv"], ["ai"]]
    assert corpus.validation["labels"] == [["ml"]]
    assert corpus.test["labels"] == [["cv"]]
    assert any("in the order of the bits" in note for note in corpus.notes)


def test_labels_are_numbered_where_nothing_names_them(tmp_path):
    corpus = read_corpus(corpus_files(tmp_path))
    assert corpus.train["labels"][0] == ["label_0", "label_2"]
    assert any("name no labels" in note for note in corpus.notes)


def test_wrong_lines(tmp_path):
    corpus_files(tmp_path, "101\tfirst\n01\tsecond\n")
    with pytest.raises(DataError, match=r"aapd_train.tsv, line 2: .* 3 times 0 or 1"):
        read_corpus(tmp_path)


def test_a_list_of_names_of_another_length(tmp_path):
    (corpus_files(tmp_path) / "labels.txt").write_text("ai\nml\n")
    with pytest.raises(DataError, match=r"labels.txt has 2 names but a document has 3 bits"):
        read_corpus(tmp_path)


def test_an_ordinary_tsv_folder_stays_one(tmp_path):
    (tmp_path / "train.tsv").write_text("text\tlabels\nfirst\tai|ml\n")
    assert read_corpus(tmp_path).train["labels"] == [["ai", "ml"]]
