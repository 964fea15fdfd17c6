"""Word vectors from files in the text format of word2vec or GloVe."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from clmil.data.files import check_file, iter_lines, open_bytes
from clmil.data.vocabulary import PAD, WordVocabulary
from clmil.errors import DataError

BOUND = 0.25
"""Words without a vector in a file get one that is uniform in (-BOUND, BOUND), as in Kim (2014)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class WordVectors:
    """Vectors of a vocabulary.

    Attributes:
        matrix: (V, e) float32; zero for padding, random for words that the file lacks.
        found: words that the file has.
    """

    matrix: np.ndarray
    found: int


def read_vectors(path: Path, vocabulary: WordVocabulary, *, seed: int = 0) -> WordVectors:
    """Read vectors in the text format of word2vec or GloVe, plain or gzipped (.gz).

    A line holds a word and its numbers. Word2vec's first line, which counts words and numbers,
    may be there or not. Of a word that occurs twice the first vector counts.

    Raises:
        DataError: with the line's number, if a line is not a word and as many numbers as the
            others, or the file has fewer lines than it says, no vector, or no word of the
            vocabulary.
    """
    check_file(path)
    found: dict[int, np.ndarray] = {}
    width = 0
    with open_bytes(path, zipped=path.name.lower().endswith(".gz")) as stream:
        for where, word, numbers in _parted(path, iter_lines(path, stream)):
            width = len(numbers)
            place = vocabulary.index.get(word)
            if place is not None and place not in found:
                found[place] = _floats(where, numbers)
    if not found:
        raise DataError(
            f"{path} has no vector for any of the {len(vocabulary.words)} words of the training "
            "texts; give vectors of their language, in lower case."
        )
    matrix = np.random.default_rng(seed).uniform(-BOUND, BOUND, (len(vocabulary), width))
    matrix[PAD] = 0.0
    matrix[list(found)] = list(found.values())
    return WordVectors(matrix=matrix.astype(np.float32), found=len(found))


def _parted(path: Path, lines: Iterable[str]) -> Iterator[tuple[str, str, list[str]]]:
    """Yield where each vector stands, its word and its numbers, still as text."""
    promised: int | None = None
    width, vectors = 0, 0
    for number, line in enumerate(lines, start=1):
        where = f"{path}, line {number}"
        fields = line.strip(" \t\r\n").replace("\t", " ").split(" ")
        if fields == [""]:
            continue
        if number == 1 and len(fields) == 2 and all(field.isdecimal() for field in fields):
            promised, width = int(fields[0]), int(fields[1])
            continue
        width = width or len(fields) - 1
        _check(where, fields, width)
        vectors += 1
        yield where, " ".join(fields[:-width]), fields[-width:]
    if not vectors or (promised is not None and vectors < promised):
        raise DataError(
            f"{path} ends after {vectors} vectors"
            f"{'' if promised is None else f' of the {promised} that its first line tells'}; "
            "copy or download it again."
        )


def _check(where: str, fields: list[str], width: int) -> None:
    """Check that a line is a word, which may hold blanks, and `width` numbers."""
    spare = len(fields) - width - 1
    if not width or spare < 0 or (spare and _number(fields[spare])):
        raise DataError(
            f"{where}: there are {len(fields) - 1} fields after the word, not "
            f"{width or 'numbers'}; "
            "give a text file of vectors, a word and its numbers on each line."
        )


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _floats(where: str, numbers: list[str]) -> np.ndarray:
    try:
        values = np.array(numbers, dtype=np.float64)
    except ValueError as error:
        raise DataError(
            f"{where}: the vector is damaged ({error}); mend or leave it out."
        ) from error
    if not np.isfinite(values).all():
        raise DataError(f"{where}: the vector holds a number that is not finite; leave it out.")
    return values
