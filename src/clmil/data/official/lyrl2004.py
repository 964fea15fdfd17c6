"""RCV1-v2 as Lewis et al. (2004) publish it: token files, topics and their hierarchy.

`lyrl2004_tokens_train.dat` and `lyrl2004_tokens_test_pt0.dat` to `pt3` hold stemmed words without
stop words; `rcv1-v2.topics.qrels` says which topics a document has, `rcv1.topics.hier.orig` what
they are called. Each may end in `.gz`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from clmil.data.official.lines import lines, named
from clmil.data.records import Record
from clmil.data.sources import Source
from clmil.errors import DataError

TRAIN, TEST = "lyrl2004_tokens_train.dat", "lyrl2004_tokens_test_pt{}.dat"
QRELS, HIERARCHY = "rcv1-v2.topics.qrels", "rcv1.topics.hier.orig"
CHILD = re.compile(r"parent:\s*(\S+)\s+child:\s*(\S+)\s+child-description:\s*(.+)")

Topics = Mapping[str, tuple[str, ...]]


def find(folder: Path) -> dict[str, Source]:
    """Return the parts of a folder in this form; empty if it holds no train tokens.

    Two of the 103 topics have no document in the train part. Nobody can learn them, so they are
    left out of the test part, said in a note.

    Raises:
        DataError: if the topics are missing or a line is wrong.
    """
    train = named(folder, TRAIN)
    if train is None:
        return {}
    qrels = named(folder, QRELS)
    if qrels is None:
        raise DataError(f"{folder} holds {train.name} but no {QRELS}; put the topics there.")
    topics = _topics(qrels)
    found = {"train": Source(str(train), "line", _reader((train,), topics, None))}
    tests = tuple(path for part in range(4) if (path := named(folder, TEST.format(part))))
    if tests:
        known = {name for number, _, _ in _documents(train) for name in topics.get(number, ())}
        lost = sorted({name for names in set(topics.values()) for name in names} - known)
        name = str(folder / TEST.format("*"))
        found["test"] = Source(name, "line", _reader(tests, topics, known), _said(name, lost))
    return found


def descriptions(folder: Path) -> dict[str, str]:
    """Return topic to description, as the hierarchy gives them; empty where there is none.

    Raises:
        DataError: if a line of the hierarchy is wrong.
    """
    path = named(folder, HIERARCHY)
    if path is None:
        return {}
    found: dict[str, str] = {}
    for number, line in lines(path):
        match = CHILD.fullmatch(line.strip())
        if match:
            found[match[2]] = match[3].strip().capitalize()
        elif line.strip():
            raise DataError(
                f"{path}, line {number}: the line is not of the form `parent: A child: B "
                "child-description: C`; download the file again."
            )
    return found


def _topics(path: Path) -> Topics:
    """Return the topics of each document; equal sets share one tuple, for memory."""
    found: dict[str, list[str]] = {}
    for number, line in lines(path):
        fields = line.split()
        if len(fields) != 3 or fields[2] != "1":
            raise DataError(
                f"{path}, line {number}: the line is not of the form `TOPIC DOCUMENT 1`; "
                "download the file again."
            )
        found.setdefault(fields[1], []).append(fields[0])
    sets: dict[tuple[str, ...], tuple[str, ...]] = {}
    return {
        document: sets.setdefault(tuple(names), tuple(names)) for document, names in found.items()
    }


def _reader(
    paths: tuple[Path, ...], topics: Topics, known: set[str] | None
) -> Callable[[], Iterator[Record]]:
    def records() -> Iterator[Record]:
        for path in paths:
            for document, line, text in _documents(path):
                if document not in topics:
                    raise DataError(
                        f"{path}, line {line}: the document {document} has no topic in {QRELS}; "
                        "take both files from the same distribution."
                    )
                names = [name for name in topics[document] if known is None or name in known]
                yield Record(line, {"id": document, "text": text, "labels": names})

    return records


def _documents(path: Path) -> Iterator[tuple[str, int, str]]:
    """Yield the number, the first line and the words of each document."""
    document, start, words = "", 0, list[str]()
    for number, line in lines(path):
        if line.startswith(".I"):
            if document:
                yield document, start, " ".join(words)
            document, start, words = line[2:].strip(), number, []
            if not document.isdigit():
                raise DataError(
                    f"{path}, line {number}: {line.strip()!r} names no document; it must be "
                    "`.I` and a number."
                )
        elif not document:
            raise DataError(
                f"{path}, line {number}: the file does not begin with `.I` and a document's "
                "number; give a token file of LYRL2004, not one of vectors."
            )
        elif line.strip() and line.strip() != ".W":
            words.append(line.strip())
    if document:
        yield document, start, " ".join(words)


def _said(name: str, lost: list[str]) -> tuple[str, ...]:
    if not lost:
        return ()
    return (
        f"{name}: the topics {', '.join(lost)} have no document in the train part; they are "
        "left out.",
    )
