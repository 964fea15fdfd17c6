import pytest

from clmil.data.corpus import from_lists
from clmil.data.targets import label_counts
from clmil.data.validate import check_known, check_trainable, overlap_notes, text_keys
from clmil.errors import DataError


def check(labels, texts=None, unknown=None):
    documents = from_lists(texts or [f"t{k}" for k in labels], labels, unknown=unknown)
    return check_trainable(documents, label_counts(documents))


def test_a_fine_corpus_has_nothing_to_say():
    assert check([["a"], ["b"], ["a", "b"], []]) == ()


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        ([["a"], []], "only the label 'a'"),
        ([[], []], "no label at all"),
        ([None, None], "no training document is annotated"),
        ([["a"], ["a", "b"], None], "label 'a' is on every training document"),
        ([["Oil"], ["oil"], []], "'Oil' and 'oil' differ in case"),
        ([["oil"], ["oil "], []], "'oil' and 'oil ' differ in case or white space"),
    ],
)
def test_what_cannot_be_learnt(labels, says):
    with pytest.raises(DataError, match=says):
        check(labels)


def test_unknown_cells_are_no_negatives():
    labels = [["a"], ["b"], []]
    assert len(check(labels)) == 1
    with pytest.raises(DataError, match="label 'a' is on every training document"):
        check(labels, unknown=[[], ["a"], ["a"]])


def test_no_documents_and_blank_names():
    documents = from_lists(["a"], [["x"]])
    with pytest.raises(DataError, match="no documents"):
        check_trainable(documents.select([]), {})
    with pytest.raises(DataError, match="blank"):
        check_trainable(documents, {" ": 1, "x": 1})


def test_all_texts_blank():
    documents = from_lists(["", "a"], [["x"], ["y"]]).select([0])
    with pytest.raises(DataError, match="every training text is blank"):
        check_trainable(documents, {"x": 1, "y": 1})


def test_labels_with_a_single_document_are_said():
    (note,) = check([["a"], ["a", "b"], ["c"], []])
    assert note.startswith("2 labels have a single training document, b, c;")


def test_a_label_without_a_positive_is_told():
    with pytest.raises(DataError, match="no training document carries the label b;"):
        check_known(["a", "b", "b"], {"a": 3})
    check_known(["a"], {"a": 3})


def test_overlap_ignores_case_and_white_space():
    train = from_lists(["Oil  rises", "gas"], [["a"], ["b"]])
    test = from_lists(["oil rises\n", "tin", "GAS"], [["a"], ["a"], ["b"]])
    assert overlap_notes({"train": train, "test": test}) == (
        "2 texts of the test part also stand in train.",
    )
    assert overlap_notes({"train": train}) == ()
    assert text_keys(train)[0] == text_keys(test)[0] != text_keys(test)[1]
