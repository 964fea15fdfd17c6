"""A corpus: its parts as memory-mapped Arrow, label descriptions, notes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets import Dataset

from clmil.data.columns import STANDARD, Columns
from clmil.data.describe import descriptions_path, read_descriptions
from clmil.data.layout import Layout, resolve_layout, resolve_like
from clmil.data.locate import find_sources
from clmil.data.official.recognise import official_descriptions
from clmil.data.parts import read_part, read_parts
from clmil.data.records import Record
from clmil.data.rows import RowParser
from clmil.data.sources import Source
from clmil.data.store import hold_rows, scratch_folder
from clmil.data.targets import encode_targets, label_counts
from clmil.data.validate import check_known, overlap_notes
from clmil.errors import DataError


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """Documents with their labels.

    Attributes:
        name: where they come from.
        train: columns `text` (string), `labels` (list of strings; null: nobody annotated)
            and `unknown` (list of labels to mask; never null).
        validation: the same, or None.
        test: the same, or None.
        descriptions: label name to description, for the labels that have one.
        notes: what was found or decided in reading, a sentence each, to be said aloud.
    """

    name: str
    train: Dataset
    validation: Dataset | None
    test: Dataset | None
    descriptions: dict[str, str]
    notes: tuple[str, ...]


def read_corpus(
    source: str | Path, *, columns: Columns = STANDARD, cache_dir: Path | None = None
) -> Corpus:
    """Read a file, a folder of train, validation and test files, a `datasets` folder or a hub id.

    Args:
        source: a single file becomes the train part.
        columns: names of the columns.
        cache_dir: keeps the Arrow files; None: a temporary folder, removed at exit.

    Raises:
        DataError: one sentence on what is wrong, with file and line.
    """
    read = read_parts(source, columns=columns, need_train=True, cache_dir=cache_dir)
    parts = read.documents
    counts = label_counts(parts["train"])
    descriptions = read_descriptions(descriptions_path(source))
    check_known([*descriptions, *read.layout.columns.label_columns], counts)
    published = official_descriptions(source)
    descriptions = {name: published[name] for name in counts if name in published} | descriptions
    for part in parts:
        encode_targets(parts[part], list(counts), where=part)  # checks names
    return Corpus(
        name=str(source),
        train=parts["train"],
        validation=parts.get("validation"),
        test=parts.get("test"),
        descriptions=descriptions,
        notes=(*read.notes, *overlap_notes(parts)),
    )


def read_documents(
    source: str | Path,
    *,
    columns: Columns = STANDARD,
    part: str = "test",
    cache_dir: Path | None = None,
) -> tuple[Dataset, tuple[str, ...]]:
    """Read one part of a corpus, or a single file, with the notes to say aloud.

    Labels are read as in the train part, where there is one.

    Raises:
        DataError: if the part is missing or not usable, with file and line.
    """
    sources = find_sources(source)
    chosen = sources.get(part)
    if chosen is None and _is_single(source, sources):
        chosen = sources["train"]
    if chosen is None:
        raise DataError(
            f"{source} has no {part} part; its parts are {', '.join(sources)}, choose one of them."
        )
    first = sources.get("train", chosen)
    layout = resolve_layout(first, columns)
    form = layout if chosen is first else resolve_like(layout, chosen)
    documents, notes = read_part(chosen, form, scratch_folder(cache_dir) / f"{part}.arrow")
    return documents, tuple(dict.fromkeys(layout.notes + notes))


def from_lists(
    texts: Sequence[str],
    labels: Sequence[Sequence[str] | None],
    *,
    unknown: Sequence[Sequence[str]] | None = None,
) -> Dataset:
    """Return texts and label lists as a data set in memory, checked like a file.

    Args:
        texts: (n,) texts.
        labels: (n,) lists of label names, None for a text that nobody has annotated.
        unknown: (n,) lists of labels to mask; None: none.

    Raises:
        DataError: naming the index of what is not usable.
    """
    for name, given in (("texts", texts), ("labels", labels)):
        if isinstance(given, str):
            raise DataError(f"the {name} are a single string; give a list.")
    masked = [[]] * len(texts) if unknown is None else unknown
    for name, given in (("label lists", labels), ("lists of unknown labels", masked)):
        if len(given) != len(texts):
            raise DataError(
                f"there are {len(texts)} texts, but {len(given)} {name}; give as many of each."
            )
    if not len(texts):
        raise DataError("there are no texts; give at least one.")

    def records() -> Iterator[Record]:
        for index, (text, names, hidden) in enumerate(zip(texts, labels, masked, strict=True)):
            words = str(text) if isinstance(text, str) else text
            values = {"text": words, "labels": _plain(names), "unknown": _plain(hidden)}
            yield Record(index, values)

    source = Source("the given texts", "index", records)
    return hold_rows(RowParser(Layout(columns=STANDARD, form="list"), source).rows_of())


def _plain(names: Any) -> Any:
    """Return tuples, sets and arrays of names as lists; leave the rest to the checks."""
    if isinstance(names, set | frozenset):
        return sorted(names)
    if isinstance(names, tuple) or hasattr(names, "tolist"):
        return [str(name) if isinstance(name, str) else name for name in names]
    return names


def _is_single(source: str | Path, sources: dict[str, Source]) -> bool:
    path = Path(source).expanduser()
    return list(sources) == ["train"] and (path.is_file() or (path / "state.json").exists())
