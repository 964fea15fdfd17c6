"""The page's files, read once from the package."""

from dataclasses import dataclass
from importlib.resources import files

KINDS = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


@dataclass(frozen=True)
class PageFile:
    """A file of the page: its bytes and media type."""

    content: bytes
    media_type: str


def page_files() -> dict[str, PageFile]:
    """Return the files of the page by name."""
    folder = files("clmil.serving").joinpath("page")
    return {
        entry.name: PageFile(entry.read_bytes(), f"{kind}; charset=utf-8")
        for entry in folder.iterdir()
        if (kind := KINDS.get(entry.name.rpartition(".")[2])) is not None
    }
