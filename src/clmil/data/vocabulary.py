"""Words of the training texts and their ids."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from clmil.errors import ModelError

PAD, UNKNOWN = 0, 1
SPECIAL = 2
"""Ids below this are no words."""

TOKEN = re.compile(r"\w+(?:['’-]\w+)*|[^\w\s]")


def tokenise(text: str, *, split_punctuation: bool = False) -> list[str]:
    """Return the lower-cased words of a text, parted by blanks, or by punctuation too."""
    lowered = text.lower()
    return TOKEN.findall(lowered) if split_punctuation else lowered.split()


@dataclass(frozen=True)
class WordVocabulary:
    """Words and their ids: padding is 0, an unknown word 1, and `words[k]` is k + 2.

    Attributes:
        words: by falling frequency in the training texts, ties by the word.
        split_punctuation: how `tokenise` is called.
    """

    words: tuple[str, ...]
    split_punctuation: bool = False

    @classmethod
    def build(
        cls,
        texts: Iterable[str],
        *,
        size: int = 50_000,
        min_count: int = 1,
        split_punctuation: bool = False,
    ) -> "WordVocabulary":
        """Take the most frequent words of the training texts, which are read once.

        Args:
            texts: of the training part alone.
            size: most words.
            min_count: occurrences that a word needs.
            split_punctuation: how `tokenise` is called.
        """
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(tokenise(text, split_punctuation=split_punctuation))
        frequent = [word for word, count in counts.items() if count >= min_count]
        frequent.sort(key=lambda word: (-counts[word], word))
        return cls(tuple(frequent[:size]), split_punctuation)

    def grown(self, other: "WordVocabulary", size: int) -> "WordVocabulary":
        """Return these words, whose ids stay, and then those of another that are new.

        Args:
            other: split in the same way.
            size: most words; none of these is dropped.
        """
        new = [word for word in other.words if word not in self.index]
        return WordVocabulary(
            self.words + tuple(new[: max(size - len(self.words), 0)]), self.split_punctuation
        )

    def __len__(self) -> int:
        """Return V, with padding and the unknown word."""
        return len(self.words) + SPECIAL

    @cached_property
    def index(self) -> dict[str, int]:
        """Id of each word."""
        return {word: place for place, word in enumerate(self.words, start=SPECIAL)}

    def encode(self, text: str, *, max_words: int | None = None) -> list[int]:
        """Return the ids of a text's first `max_words` words, or of all."""
        words = tokenise(text, split_punctuation=self.split_punctuation)[:max_words]
        return [self.index.get(word, UNKNOWN) for word in words]

    def to_json(self) -> dict[str, Any]:
        """Return plain values for a file."""
        return {"words": list(self.words), "split_punctuation": self.split_punctuation}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "WordVocabulary":
        """Read what `to_json` wrote.

        Raises:
            ModelError: if it is not that.
        """
        words = values.get("words")
        split = values.get("split_punctuation", False)
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise ModelError("the vocabulary of the model has no list of words; train it again.")
        if len(set(words)) < len(words) or not isinstance(split, bool):
            raise ModelError("the vocabulary of the model is damaged; train it again.")
        return cls(tuple(words), split)
