"""AAPD and RCV1-V2 as Yang et al. (2018, SGM) publish them: texts and labels line by line.

`text_train` and `label_train` (AAPD), or `train.src` and `train.tgt` (RCV1-V2), and the same for
the other parts; the labels of a document stand on one line, separated by blanks.
"""

from collections.abc import Callable, Iterator
from itertools import zip_longest
from pathlib import Path

from clmil.data.official.lines import lines, named
from clmil.data.records import Record
from clmil.data.sources import Source
from clmil.errors import DataError

PARTS = {
    "train": ("train",),
    "validation": ("val", "valid", "validation", "dev"),
    "test": ("test",),
}
PAIRS: tuple[tuple[str, str], ...] = (("text_{}", "label_{}"), ("{}.src", "{}.tgt"))
"""Names of the two files of a part."""


def find(folder: Path) -> dict[str, Source]:
    """Return the parts of a folder in this form; empty if it holds none of its files.

    Raises:
        DataError: if one file of a pair is missing.
    """
    found: dict[str, Source] = {}
    for part, words in PARTS.items():
        for texts, labels in (pair for word in words for pair in _pairs(word)):
            one, other = named(folder, texts), named(folder, labels)
            if one is None and other is None:
                continue
            if one is None or other is None:
                missing, there = (texts, labels) if one is None else (labels, texts)
                raise DataError(f"{folder} holds {there} but no {missing}; put both there.")
            found.setdefault(part, Source(str(one), "line", _reader(one, other)))
    return found


def _pairs(word: str) -> list[tuple[str, str]]:
    return [(texts.format(word), labels.format(word)) for texts, labels in PAIRS]


def _reader(texts: Path, labels: Path) -> Callable[[], Iterator[Record]]:
    def records() -> Iterator[Record]:
        for one, other in zip_longest(lines(texts), lines(labels)):
            if one is None or other is None:
                longer, shorter = (labels, texts) if one is None else (texts, labels)
                at = (one or other or (0, ""))[0]
                raise DataError(
                    f"{longer}, line {at}: {shorter.name} has no such line, it ends before; "
                    "the two files must have as many lines."
                )
            number, names = other
            if not names.strip():
                raise DataError(
                    f"{labels}, line {number}: the line is blank; every document of this form "
                    "has at least one label, separated by blanks."
                )
            yield Record(number, {"text": one[1], "labels": names.split()})

    return records
