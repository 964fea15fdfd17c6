import numpy as np

from clmil.data.corpus import from_lists
from clmil.data.inspection.labels import LabelCells, label_facts, label_names, label_rows
from clmil.data.targets import encode_targets

ROWS = [["a", "b"], ["a"], [], None, ["b", "a"], ["c"]]
HIDDEN = [[], ["b"], [], [], [], ["a", "b"]]
DOCUMENTS = from_lists(["text"] * 6, ROWS, unknown=HIDDEN)


def cells():
    return LabelCells.of(DOCUMENTS, ["a", "b", "c"])


def test_cells_are_those_of_the_target_matrix():
    positive = encode_targets(DOCUMENTS, ["a", "b", "c"], where="train") == 1
    found = cells()
    assert np.array_equal(found.counts(), positive.sum(axis=0))
    assert np.array_equal(found.sizes(), positive.sum(axis=1))
    expected = positive.astype(int).T @ positive.astype(int)
    assert np.array_equal(found.together().toarray(), expected)


def test_equal_sets_have_equal_keys_whatever_their_order():
    keys = cells().set_keys()
    assert keys[0] == keys[4]
    assert len(set(keys.tolist())) == 4  # ab, a, nothing, c


def test_facts_leave_unannotated_documents_out():
    facts = label_facts(cells())
    assert facts["annotated"] == 5
    assert facts["unannotated"] == {"documents": 1, "rows": [4]}
    assert facts["without_label"] == {"documents": 1, "rows": [3]}
    assert facts["unknown_cells"] == 3
    assert facts["labels_a_document"] == {"mean": 6 / 5, "most": 2, "histogram": [1, 2, 2]}
    assert facts["label_sets"] == {"distinct": 4, "once": 3}


def test_labels_of_all_parts_are_listed():
    other = from_lists(["text"], [["d", "a"]])
    held = {"train": DOCUMENTS, "test": other}
    names = label_names(held)
    assert names == ["a", "b", "c", "d"]
    rows = label_rows(names, {part: LabelCells.of(one, names) for part, one in held.items()})
    assert [(row["name"], row["train"], row["test"]) for row in rows] == [
        ("a", 3, 1),
        ("b", 2, 0),
        ("c", 1, 0),
        ("d", 0, 1),
    ]
    assert rows[0]["group"] == "head"
