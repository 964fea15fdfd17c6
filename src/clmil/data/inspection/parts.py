"""Reading the parts of a corpus without the checks that training makes."""

from dataclasses import dataclass
from pathlib import Path

from datasets import Dataset

from clmil.data.columns import STANDARD, Columns
from clmil.data.layout import resolve_layout, resolve_like
from clmil.data.locate import find_sources
from clmil.data.rows import RowParser
from clmil.data.store import scratch_folder, write_rows

ORDER = ("train", "validation", "test")


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The parts of a corpus.

    Attributes:
        name: where they come from.
        documents: `train`, `validation` and `test`, those that are there in this order, with
            the columns of `clmil.data.store.FEATURES`.
        notes: what was found or decided in reading, a sentence each.
    """

    name: str
    documents: dict[str, Dataset]
    notes: tuple[str, ...] = ()


def read_parts(
    source: str | Path, *, columns: Columns = STANDARD, cache_dir: Path | None = None
) -> Parts:
    """Read all parts; labels that training has never seen are let through.

    Args:
        source: what `clmil.data.corpus.read_corpus` takes.
        columns: names of the columns.
        cache_dir: keeps the Arrow files; None: a temporary folder, removed at exit.

    Raises:
        DataError: if a row cannot be read, with file and line.
    """
    found = find_sources(source)
    sources = {part: found[part] for part in ORDER if part in found}
    first = next(iter(sources.values()))
    layout = resolve_layout(first, columns)
    folder = scratch_folder(cache_dir)
    documents: dict[str, Dataset] = {}
    notes: list[str] = []
    for part, origin in sources.items():
        form = layout if origin is first else resolve_like(layout, origin)
        parser = RowParser(form, origin)
        documents[part] = write_rows(parser.rows_of(), folder / f"{part}.arrow")
        notes += form.notes + parser.notes()
    return Parts(name=str(source), documents=documents, notes=tuple(dict.fromkeys(notes)))
