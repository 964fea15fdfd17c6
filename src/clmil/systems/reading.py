"""From texts to word ids, in training and in prediction alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

from clmil.data.tokens import tokenise_texts
from clmil.data.vocabulary import WordVocabulary
from clmil.errors import ModelError
from clmil.storage.atomic import read_json, write_json
from clmil.storage.tokenizer import StoredTokenizer

VOCABULARY = "vocabulary.json"


class Reader(Protocol):
    """Reads texts. `most` is how many ids of a text it gives at most."""

    @property
    def most(self) -> int:
        """Ids of a text at most; the rest is cut."""

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of each text."""

    def save(self, folder: Path) -> None:
        """Write what it needs into a folder."""


@dataclass(frozen=True, eq=False)
class EncoderReader:
    """Word pieces of an encoder's tokenizer, `most` of each text, without special tokens."""

    tokenizer: Any
    most: int

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the first word pieces of each text."""
        return tokenise_texts(texts, self.tokenizer, self.most)

    def save(self, folder: Path) -> None:
        """Write the tokenizer's files."""
        self.tokenizer.backend_tokenizer.no_truncation()
        self.tokenizer.save_pretrained(folder)

    @classmethod
    def load(cls, folder: Path, most: int) -> Self:
        """Read what `save` wrote.

        Raises:
            ModelError: if it is missing or damaged.
        """
        return cls(StoredTokenizer(folder), most)


@dataclass(frozen=True, eq=False)
class WordReader:
    """Words of a vocabulary, the first `most` of each text."""

    vocabulary: WordVocabulary
    most: int

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the first words of each text; 1 stands for an unknown one."""
        return [self.vocabulary.encode(text, max_words=self.most) for text in texts]

    def save(self, folder: Path) -> None:
        """Write the vocabulary."""
        write_json(folder / VOCABULARY, self.vocabulary.to_json() | {"max_words": self.most})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            ModelError: if it is missing or damaged.
        """
        values = read_json(folder / VOCABULARY)
        if not isinstance(values, dict) or not isinstance(values.get("max_words"), int):
            raise ModelError(
                f"{folder / VOCABULARY} is damaged; restore it from a copy or train again."
            )
        return cls(WordVocabulary.from_json(values), values["max_words"])
