"""Label order, groups, words and the form on disk."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clmil.errors import DataError
from clmil.labels.negatives import low_frequency
from clmil.labels.space import LabelSpace

COUNTS = {"cs.IT": 5, "cs.AI": 9, "math.IT": 5}


def space(counts: dict[str, int] = COUNTS, documents: int = 12, **told: str) -> LabelSpace:
    return LabelSpace.from_counts(counts, documents=documents, descriptions=told)


def test_order_is_by_frequency_and_then_by_name():
    labels = space()
    assert labels.names == ("cs.AI", "cs.IT", "math.IT")
    assert labels.counts == (9, 5, 5)
    assert len(labels) == 3
    assert labels.index["math.IT"] == 2


def test_groups_of_table_6():
    labels = space({"a": 3000, "b": 2999, "c": 1000, "d": 999}, documents=53_840)
    groups = {name: columns.tolist() for name, columns in labels.groups().items()}
    assert groups == {"head": [0], "mid": [1, 2], "tail": [3]}


def test_groups_scale_to_the_corpus():
    labels = space({"a": 75, "b": 74, "c": 25, "d": 24}, documents=1_346)
    groups = {name: columns.tolist() for name, columns in labels.groups().items()}
    assert groups == {"head": [0], "mid": [1, 2], "tail": [3]}


@given(st.lists(st.integers(0, 4000), min_size=1, max_size=8), st.integers(1, 200_000))
def test_groups_share_out_the_labels_and_the_tail_is_low_frequency(counts, documents):
    labels = space({f"l{k}": count for k, count in enumerate(counts)}, documents=documents)
    groups = labels.groups()
    assert sorted(np.concatenate(list(groups.values())).tolist()) == list(range(len(counts)))
    low = low_frequency(labels.counts, documents)
    np.testing.assert_array_equal(np.flatnonzero(low), groups["tail"])


def test_orders_of_label_tokens():
    labels = space({"b": 9, "c": 8, "a": 7})
    assert labels.order("frequency", 0).tolist() == [0, 1, 2]
    assert [labels.names[k] for k in labels.order("alphabet", 0)] == ["a", "b", "c"]
    many = space({str(k): k for k in range(50)})
    first, again, other = (many.order("seed", seed) for seed in (1, 1, 2))
    assert first.tolist() == again.tolist() != other.tolist()
    assert sorted(first.tolist()) == list(range(50))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cs.IT", "cs IT"),
        ("unpaidInvoice", "unpaid Invoice"),
        ("HTTPServer_error", "HTTP Server error"),
        ("acq-and-merge/other", "acq and merge other"),
        ("plain words", "plain words"),
    ],
)
def test_text_splits_names_into_words(name, words):
    assert space({name: 1}).text(0) == words


def test_text_ends_with_the_description():
    labels = LabelSpace.from_counts(
        {"cs.IT": 1}, documents=1, descriptions={"cs.IT": "Information Theory", "other": "x"}
    )
    assert labels.descriptions == ("Information Theory",)
    assert labels.text(0) == "cs IT Information Theory"


def test_json_round_trip():
    labels = LabelSpace.from_counts(COUNTS, documents=12, descriptions={"cs.AI": "ü"})
    assert LabelSpace.from_json(json.loads(json.dumps(labels.to_json()))) == labels


@pytest.mark.parametrize("damage", [{}, {"labels": [{}], "documents": 1}, {"labels": 3}, []])
def test_damaged_json_is_an_error(damage):
    with pytest.raises(DataError, match="damaged"):
        LabelSpace.from_json(damage)


@pytest.mark.parametrize(
    ("names", "message"), [(("a", " "), "blank"), (("a", "a"), "'a' occurs twice")]
)
def test_bad_names_are_errors(names, message):
    with pytest.raises(DataError, match=message):
        LabelSpace(names=names, descriptions=("", ""), counts=(2, 1), documents=3)


def test_uneven_columns_are_an_error():
    with pytest.raises(DataError, match="2 label names"):
        LabelSpace(names=("a", "b"), descriptions=("",), counts=(2, 1), documents=3)
