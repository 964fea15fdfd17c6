import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clmil.data.corpus import from_lists
from clmil.data.targets import encode_targets, is_annotated, label_counts
from clmil.errors import DataError

NAMES = ["a", "b", "c"]


def documents(labels, unknown=None):
    return from_lists(["t"] * len(labels), labels, unknown=unknown)


def test_worked_example():
    given_ = documents([["b"], [], None, ["c", "a"]], [[], ["a", "else"], [], ["b"]])
    targets = encode_targets(given_, NAMES, where="train", strict=False)
    assert targets.dtype == np.int8
    assert targets.tolist() == [[0, 1, 0], [-1, 0, 0], [-1, -1, -1], [1, -1, 1]]
    assert is_annotated(given_).tolist() == [True, True, False, True]


def test_an_index_between_rows_and_table_is_followed():
    shuffled = documents([["a"], ["b"], None]).select([2, 0, 0])
    assert encode_targets(shuffled, ["a", "b"], where="x").tolist() == [[-1, -1], [1, 0], [1, 0]]
    assert label_counts(shuffled) == {"a": 2}


def test_an_unseen_label_is_named_with_its_part_and_document():
    with pytest.raises(DataError) as caught:
        encode_targets(documents([None, ["a"], ["a", "zinc"], ["tin"]]), NAMES, where="test")
    message = str(caught.value)
    assert all(part in message for part in ("test part", "'zinc', 'tin'", "document 3", "never"))


@pytest.mark.parametrize(
    ("hidden", "says"), [("crud", "did you mean 'crude'?"), ("tin", "remove the mark")]
)
def test_an_unknown_mark_of_no_label_is_refused(hidden, says):
    given_ = documents([["gas"], ["crude"]], [["crude"], [hidden]])
    with pytest.raises(DataError) as caught:
        encode_targets(given_, ["crude", "gas"], where="test")
    assert f"the test part marks as unknown the label '{hidden}'" in str(caught.value)
    assert "document 2" in str(caught.value)
    assert says in str(caught.value)


def test_counts_are_sorted_by_frequency_then_name():
    counts = label_counts(documents([["b", "c"], ["c"], None, [], ["a"]]))
    assert list(counts.items()) == [("c", 2), ("a", 1), ("b", 1)]


def test_nobody_annotated_anything():
    given_ = documents([None, None])
    assert label_counts(given_) == {}
    assert encode_targets(given_, NAMES, where="x").tolist() == [[-1] * 3] * 2


CELLS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.lists(st.sampled_from(NAMES), unique=True)),
        st.lists(st.sampled_from([*NAMES, "else"]), unique=True),
    ),
    min_size=1,
    max_size=12,
)


@given(CELLS)
def test_equal_to_a_loop(cells):
    labels = [names for names, _ in cells]
    unknown = [[n for n in hidden if n not in (names or ())] for names, hidden in cells]
    expected = [
        [-1 if names is None or n in hidden else int(n in names) for n in NAMES]
        for names, hidden in zip(labels, unknown, strict=True)
    ]
    given_ = documents(labels, unknown)
    assert encode_targets(given_, NAMES, where="x", strict=False).tolist() == expected
    assert sum(label_counts(given_).values()) == sum(row.count(1) for row in expected)
