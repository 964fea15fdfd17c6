"""Pieces find their words, whatever cuts the text into pieces."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from clmil.runtime.read_words import read_pieces, word_spans


def tokenizer_of(*, pre: Any, normalizer: Any = None) -> Any:
    """Return a tokenizer that knows all ASCII letters, as pieces of one character."""
    vocabulary = {chr(code): place for place, code in enumerate(range(32, 127))}
    backend = Tokenizer(models.BPE(vocab=vocabulary | {"?": 31}, merges=[], unk_token="?"))
    backend.pre_tokenizer, backend.normalizer = pre, normalizer
    return SimpleNamespace(backend_tokenizer=backend)


PLAIN = tokenizer_of(
    pre=pre_tokenizers.BertPreTokenizer(), normalizer=normalizers.BertNormalizer(lowercase=True)
)


def words_of(text: str) -> list[str]:
    return [text[start:end] for start, end in word_spans(text)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't panic!", ["Don't", "panic", "!"]),
        ("oil rose 1,250.5 pct.", ["oil", "rose", "1,250.5", "pct", "."]),
        ("u.s.-based co", ["u.s", ".", "-", "based", "co"]),
        ("油价 up", ["油", "价", "up"]),
        (" \n", []),
    ],
)
def test_words_as_people_see_them(text: str, words: list[str]) -> None:
    assert words_of(text) == words


def test_pieces_of_a_word_are_summed() -> None:
    read = read_pieces("No oil, no.", PLAIN, 100)
    assert [read.text[a:b] for a, b in read.spans] == ["No", "oil", ",", "no", "."]
    scores = np.arange(len(read.ids), dtype=float)[None]
    assert read.per_word(scores).tolist() == [[0 + 1, 2 + 3 + 4, 5, 6 + 7, 8]]
    assert read.without(1) == [*read.ids[:2], *read.ids[5:]]


def test_words_past_the_budget_are_not_read() -> None:
    read = read_pieces("abc def", PLAIN, 4)
    assert [read.text[a:b] for a, b in read.spans] == ["abc", "def"]
    assert read.word_of.tolist() == [0, 0, 0, 1]
    assert read_pieces("abc def", PLAIN, 3).spans == [(0, 3)]


def test_byte_level_pieces_start_with_a_blank() -> None:
    pre = pre_tokenizers.Metaspace()
    read = read_pieces("to be", tokenizer_of(pre=pre), 100)
    assert [read.text[a:b] for a, b in read.spans] == ["to", "be"]


def test_no_text() -> None:
    read = read_pieces("  ", PLAIN, 10)
    assert (read.ids, read.word_of.tolist()) == ([], [])


@given(text=st.text(max_size=40), budget=st.integers(1, 30))
def test_every_piece_has_a_word_of_the_text(text: str, budget: int) -> None:
    read = read_pieces(text, PLAIN, budget)
    assert len(read.ids) == len(read.word_of) <= budget
    if read.ids:
        assert set(read.word_of.tolist()) == set(range(len(read.spans)))
        assert all(0 <= start < end <= len(text) for start, end in read.spans)
        assert read.spans == sorted(read.spans)
