"""Which published form a folder holds, told by the names of its files."""

from collections.abc import Callable
from pathlib import Path

from clmil.data.official import hedwig, lyrl2004, sgm
from clmil.data.sources import Source

FINDERS: tuple[Callable[[Path], dict[str, Source]], ...] = (lyrl2004.find, sgm.find, hedwig.find)


def official_sources(folder: Path) -> dict[str, Source]:
    """Return the parts of a folder in a published form; empty if it is in none.

    Raises:
        DataError: if the folder is in such a form but a file of it is missing or wrong.
    """
    for find in FINDERS:
        found = find(folder)
        if found:
            return found
    return {}


def official_descriptions(source: str | Path) -> dict[str, str]:
    """Return label name to description, for the forms that publish them; else empty."""
    return lyrl2004.descriptions(Path(source).expanduser())
