import numpy as np

from clmil.data.inspection.duplicates import duplicate_facts, leakage_facts
from clmil.data.inspection.labels import LabelCells
from clmil.data.inspection.texts import measure_texts


def side(parts, part):
    documents = parts.documents[part]
    return documents, measure_texts(documents), LabelCells.of(documents, ["a", "b"])


def test_copies_are_counted_once_and_conflicts_found(parts):
    held = parts(
        train=[
            ("one two", ["a"]),
            ("one two", ["a"]),
            ("One, two!", ["b"]),
            ("else", ["a"]),
            (" ", ["a"]),
            ("", ["b"]),
            ("again", ["a"]),
            ("again", None),
        ]
    )
    facts = duplicate_facts(*side(held, "train"))
    assert (facts["exact"], facts["near"]) == (2, 1)
    assert facts["conflicts"] == 1
    assert {tuple(one["rows"]) for one in facts["examples"]} == {(1, 2, 3), (7, 8)}
    assert facts["conflict_examples"] == [{"rows": [1, 2, 3], "text": "one two"}]


def test_leakage_is_told_with_rows_of_both_parts(parts):
    held = parts(
        train=[("one two", ["a"]), ("three", ["b"]), ("ONE TWO", ["a"]), (" ", ["a"])],
        test=[("new", ["a"]), ("One two.", ["a"]), ("three", ["a"]), ("", ["a"])],
    )
    facts = leakage_facts(side(held, "test"), side(held, "train"))
    assert (facts["documents"], facts["exact"], facts["near"]) == (2, 1, 1)
    assert facts["share"] == 0.5
    assert facts["same_labels"] == 1
    assert facts["rows"] == [2, 3]
    assert facts["examples"][0] == {"row": 2, "train_rows": [1, 3], "text": "One two."}


def test_nothing_repeated_is_nothing_found(parts):
    held = parts(train=[(f"text {k}", ["a"]) for k in range(20)], test=[("new", ["b"])])
    facts = duplicate_facts(*side(held, "train"))
    assert not any(facts.values())
    assert not np.any(leakage_facts(side(held, "test"), side(held, "train"))["documents"])
