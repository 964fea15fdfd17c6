"""The parts of a corpus, read as memory-mapped Arrow, before any check across them."""

from dataclasses import dataclass
from pathlib import Path

from datasets import Dataset

from clmil.data.columns import STANDARD, Columns
from clmil.data.layout import Layout, resolve_layout, resolve_like
from clmil.data.locate import find_sources
from clmil.data.rows import RowParser
from clmil.data.sources import Source
from clmil.data.store import scratch_folder, write_rows
from clmil.errors import DataError

ORDER = ("train", "validation", "test")


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The parts of a corpus.

    Attributes:
        name: where they come from.
        documents: `train`, `validation` and `test`, those that are there in this order, with
            the columns of `clmil.data.store.FEATURES`.
        layout: of the first of them.
        notes: what was found or decided in reading, a sentence each.
    """

    name: str
    documents: dict[str, Dataset]
    layout: Layout
    notes: tuple[str, ...] = ()


def read_parts(
    source: str | Path,
    *,
    columns: Columns = STANDARD,
    need_train: bool = False,
    cache_dir: Path | None = None,
) -> Parts:
    """Read all parts; labels that training has never seen are let through.

    Args:
        source: what `clmil.data.corpus.read_corpus` takes.
        columns: names of the columns.
        need_train: whether a train part has to be there.
        cache_dir: keeps the Arrow files; None: a temporary folder, removed at exit.

    Raises:
        DataError: if a row cannot be read, with file and line, or the train part is missing.
    """
    found = find_sources(source)
    if need_train and "train" not in found:
        raise DataError(f"{source} has no train part; add a file like train.jsonl.")
    sources = {part: found[part] for part in ORDER if part in found}
    first = next(iter(sources.values()))
    layout = resolve_layout(first, columns)
    folder = scratch_folder(cache_dir)
    documents: dict[str, Dataset] = {}
    notes: list[str] = []
    for part, origin in sources.items():
        form = layout if origin is first else resolve_like(layout, origin)
        documents[part], said = read_part(origin, form, folder / f"{part}.arrow")
        notes += said
    return Parts(
        name=str(source), documents=documents, layout=layout, notes=tuple(dict.fromkeys(notes))
    )


def read_part(source: Source, layout: Layout, path: Path) -> tuple[Dataset, tuple[str, ...]]:
    """Read one source into an Arrow file; return its documents, and the notes to say aloud.

    Raises:
        DataError: if a row cannot be read, with file and line.
    """
    parser = RowParser(layout, source)
    documents = write_rows(parser.rows_of(), path)
    return documents, source.notes + layout.notes + parser.notes()
