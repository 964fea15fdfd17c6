"""AAPD and Reuters as hedwig publishes them (Adhikari et al., 2019): bits, a tab, the text.

There is no header: the first line is a document, which hedwig's own AAPD reader drops. The files
name no labels; a `labels.txt` beside them, one name a line in the order of the bits, does.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from clmil.data.official.lines import lines, named
from clmil.data.records import Record
from clmil.data.sources import Source
from clmil.errors import DataError

FILE = re.compile(r"(?:\w+_)?(train|validation|valid|dev|test)\.tsv(?:\.gz)?", re.IGNORECASE)
PART = {"train": "train", "test": "test"}
BITS = re.compile(r"[01]{2,}")


def find(folder: Path) -> dict[str, Source]:
    """Return the parts of a folder in this form; empty if its train file has no bits in line 1.

    Raises:
        DataError: if `labels.txt` has not as many names as a document has bits.
    """
    files: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        match = FILE.fullmatch(path.name)
        if match:
            files.setdefault(PART.get(match[1].lower(), "validation"), path)
    width = _width(files["train"]) if "train" in files else 0
    if not width:
        return {}
    names, note = _names(folder, width)
    return {
        part: Source(str(path), "line", _reader(path, names), (note,) if part == "train" else ())
        for part, path in files.items()
    }


def _width(train: Path) -> int:
    """Return the number of labels, 0 if the first line does not begin with bits."""
    _, first = next(lines(train), (0, ""))
    bits, tab, _ = first.partition("\t")
    return len(bits) if tab and BITS.fullmatch(bits) else 0


def _names(folder: Path, width: int) -> tuple[list[str], str]:
    path = named(folder, "labels.txt")
    if path is None:
        digits = len(str(width - 1))
        note = (
            f"{folder}: the files name no labels, so they are numbered from 0; write a labels.txt "
            "with one name a line to name them."
        )
        return [f"label_{k:0{digits}d}" for k in range(width)], note
    names = [name.strip() for _, name in lines(path) if name.strip()]
    if len(names) != width:
        raise DataError(
            f"{path} has {len(names)} names but a document has {width} bits; write one name a "
            "line, in the order of the bits."
        )
    return names, f"{path}: its {width} names are taken in the order of the bits."


def _reader(path: Path, names: Sequence[str]) -> Callable[[], Iterator[Record]]:
    def records() -> Iterator[Record]:
        for number, line in lines(path):
            bits, tab, text = line.partition("\t")
            if not tab or len(bits) != len(names) or not BITS.fullmatch(bits):
                raise DataError(
                    f"{path}, line {number}: the line does not begin with {len(names)} times 0 or "
                    "1 and a tab; write one document a line, its bits first, and no header."
                )
            labels = [name for name, bit in zip(names, bits, strict=True) if bit == "1"]
            yield Record(number, {"text": text, "labels": labels})

    return records
