"""The words of a text as a model reads them: which pieces belong to which characters."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"  # scripts without blanks
    r"|[^\W\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+"
    r"(?:['’.,-][^\W\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+)*"
    r"|[^\w\s]"
)
"""A word with what joins its parts (`don't`, `1,250.5`, `u.s`), or a single mark."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ReadText:
    """A text's pieces and words.

    Attributes:
        text: the text.
        ids: D pieces that the model reads.
        spans: first character and the one after the last, of each of the w words that are read.
        word_of: (D,) int64, the word of each piece.
    """

    text: str
    ids: list[int]
    spans: list[tuple[int, int]]
    word_of: np.ndarray

    def per_word(self, scores: np.ndarray) -> np.ndarray:
        """Sum (k, D) scores of pieces to (k, w) scores of words."""
        result = np.zeros((len(scores), len(self.spans)))
        for row, pieces in zip(result, scores, strict=True):
            np.add.at(row, self.word_of, pieces)
        return result

    def without(self, word: int) -> list[int]:
        """Return the pieces less those of a word."""
        return [piece for piece, own in zip(self.ids, self.word_of, strict=True) if own != word]


def read_pieces(text: str, tokenizer: Any, budget: int) -> ReadText:
    """Read a text as `clmil.data.tokens.tokenise_texts` does, and find its words.

    Args:
        text: the text.
        tokenizer: a fast tokenizer.
        budget: pieces that the model reads; words past them are not in the result.
    """
    backend = tokenizer.backend_tokenizer
    backend.no_truncation()
    backend.no_padding()
    encoded = backend.encode(text, add_special_tokens=False)
    return _joined(text, encoded.ids[:budget], encoded.offsets[:budget])


def word_spans(text: str) -> list[tuple[int, int]]:
    """Return first character and the one after the last, of each word of a text."""
    return [found.span() for found in WORD.finditer(text)]


def _joined(text: str, ids: list[int], offsets: list[tuple[int, int]]) -> ReadText:
    """Give each piece to the word in which its first visible character stands."""
    spans = word_spans(text)
    ends = np.array([end for _, end in spans], dtype=np.int64)
    starts = np.array([_visible(text, *offset) for offset in offsets], dtype=np.int64)
    places = np.searchsorted(ends, starts, side="right").clip(max=max(len(spans) - 1, 0))
    if not spans:  # characters that are no words to us, but are to the tokenizer
        spans = [(0, len(text))]
    seen, word_of = np.unique(places, return_inverse=True)
    return ReadText(
        text=text, ids=ids, spans=[spans[place] for place in seen], word_of=word_of.reshape(-1)
    )


def _visible(text: str, start: int, end: int) -> int:
    """Return the first character of a piece that is no blank; byte-level pieces start with one."""
    while start < end - 1 and text[start].isspace():
        start += 1
    return start
