"""Words and keys of every text, a chunk of Arrow at a time."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from datasets import Dataset

from clmil.data.store import read_column

NO_WORD = r"[^\p{L}\p{N}]+"
"""What normalising leaves out: everything but letters and digits."""

FEW_WORDS, MANY_TIMES = 3, 20
"""A text of fewer words is short; one of this many times the median is long."""

EXAMPLES, EXCERPT = 5, 80
"""Rows, and characters of a text, that a report shows."""


@dataclass(frozen=True, kw_only=True, eq=False)
class TextFacts:
    """What is kept of n texts: 20 bytes each.

    Attributes:
        words: (n,) int32, runs of characters that are not white space.
        exact: (n,) uint64, equal for equal texts.
        plain: (n,) uint64, equal for texts of the same letters and digits, whatever their
            case, punctuation and white space; 0 where there is neither.
    """

    words: np.ndarray
    exact: np.ndarray
    plain: np.ndarray


def measure_texts(documents: Dataset) -> TextFacts:
    """Measure the texts of a part; needs memory for one chunk of them."""
    words, exact, plain = [], bytearray(), bytearray()
    for chunk in read_column(documents, "text").chunks:
        words.append(pc.count_substring_regex(chunk, r"\S+").to_numpy(zero_copy_only=False))
        exact += _keys(chunk)
        plain += _keys(_normalised(chunk))
    keys = [np.frombuffer(bytes(part), dtype=np.uint64) for part in (exact, plain)]
    counted = np.concatenate([np.empty(0, dtype=np.int32), *words]).astype(np.int32)
    return TextFacts(words=counted, exact=keys[0], plain=keys[1])


def odd_texts(facts: TextFacts) -> dict[str, Any]:
    """Return how many texts are blank, short or long, with the first rows of each."""
    words = facts.words
    typical = float(np.median(words[words > 0])) if (words > 0).any() else 0.0
    masks = {
        "blank": words == 0,
        "short": (words > 0) & (words < FEW_WORDS),
        "long": words > max(MANY_TIMES * typical, 100),
    }
    return {name: counted_rows(mask) for name, mask in masks.items()}


def counted_rows(mask: np.ndarray) -> dict[str, Any]:
    """Return how often an (n,) mask is true, and the first such rows, counted from 1."""
    rows = np.flatnonzero(mask)
    return {"documents": len(rows), "rows": (rows[:EXAMPLES] + 1).tolist()}


def excerpt(documents: Dataset, row: int) -> str:
    """Return the beginning of a text in one line."""
    text = " ".join(str(documents[row]["text"][: 4 * EXCERPT]).split())
    return text if len(text) <= EXCERPT else f"{text[:EXCERPT].rstrip()} ..."


def _normalised(chunk: pa.StringArray) -> pa.StringArray:
    folded = pc.utf8_lower(pc.utf8_normalize(chunk, form="NFKC"))
    return pc.utf8_trim_whitespace(
        pc.replace_substring_regex(folded, pattern=NO_WORD, replacement=" ")
    )


def _keys(texts: pa.StringArray) -> bytes:
    empty = bytes(8)
    return b"".join(
        hashlib.blake2b(text.encode(), digest_size=8).digest() if text else empty
        for text in texts.to_pylist()
    )
