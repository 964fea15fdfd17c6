"""Words and their ids."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clmil.data.vocabulary import UNKNOWN, WordVocabulary, tokenise
from clmil.errors import ModelError

TEXTS = ["the cat sat on the mat", "The dog\tsat.", "a cat"]


def test_tokenise() -> None:
    assert tokenise("The  Dog\tsat.\n") == ["the", "dog", "sat."]
    split = tokenise("The dog's well-known U.S. act, 3.5%!", split_punctuation=True)
    expected = "the dog's well-known u . s . act , 3 . 5 % !"
    assert split == expected.split()
    assert tokenise(" \n ") == []


def test_most_frequent_words_first_and_ties_by_word() -> None:
    vocabulary = WordVocabulary.build(iter(TEXTS))
    assert vocabulary.words == ("the", "cat", "a", "dog", "mat", "on", "sat", "sat.")
    assert len(vocabulary) == 10
    assert WordVocabulary.build(TEXTS, size=2).words == ("the", "cat")
    assert WordVocabulary.build(TEXTS, min_count=2).words == ("the", "cat")
    assert "sat" in WordVocabulary.build(TEXTS, split_punctuation=True).words[:3]
    assert len(WordVocabulary.build([])) == 2


def test_encode() -> None:
    vocabulary = WordVocabulary.build(TEXTS, size=3)
    assert vocabulary.encode("A CAT and the rest") == [4, 3, UNKNOWN, 2, UNKNOWN]
    assert vocabulary.encode("a cat and the rest", max_words=2) == [4, 3]
    assert vocabulary.encode("") == []


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=6), st.integers(1, 9), st.booleans())
def test_round_trip_through_json(texts: list[str], size: int, split: bool) -> None:
    vocabulary = WordVocabulary.build(texts, size=size, split_punctuation=split)
    assert len(vocabulary.words) <= size
    back = WordVocabulary.from_json(json.loads(json.dumps(vocabulary.to_json())))
    assert back == vocabulary
    for text in texts:
        ids = vocabulary.encode(text)
        assert back.encode(text) == ids
        assert all(UNKNOWN <= place < len(vocabulary) for place in ids)
        if len(vocabulary.words) < size:
            assert UNKNOWN not in ids


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"words": "ab"},
        {"words": [1]},
        {"words": ["a", "a"]},
        {"words": [], "split_punctuation": 2},
    ],
)
def test_damaged_json_is_told(values: dict[str, object]) -> None:
    with pytest.raises(ModelError, match="vocabulary of the model"):
        WordVocabulary.from_json(values)
