"""What a cell stands on beside its recipe: the source code, and files that the recipe names."""

import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

LEARNING = ("data", "decisions", "labels", "nn", "systems", "training")
"""Folders of the package in which a change can change what a cell finds."""

NAMED = (("encoder", "name"), ("words", "vectors"))
"""Settings that may name a file or folder of this machine."""


@cache
def code_digest() -> str:
    """Return a short hash of the code that trains and decides, which moves with every change."""
    package = Path(__file__).parents[1]
    files = (file for folder in LEARNING for file in sorted((package / folder).rglob("*")))
    return _digest((one for one in files if one.suffix in (".py", ".yaml")), package)[:8]


def local_contents(recipe: Mapping[str, Any]) -> dict[str, str]:
    """Return a hash of each file or folder of this machine that a recipe names, by its setting.

    Another encoder under the same path is then another cell.
    """
    found = {}
    for part, name in NAMED:
        value = recipe.get(part, {}).get(name)
        path = None if value is None else Path(value)
        if path is not None and path.exists():
            files = sorted(one for one in path.rglob("*") if one.is_file()) or [path]
            marks = tuple((one, one.stat().st_mtime_ns, one.stat().st_size) for one in files)
            found[f"{part}.{name}"] = _contents(marks, path)
    return found


@cache
def _contents(marks: tuple[tuple[Path, int, int], ...], root: Path) -> str:
    return _digest((file for file, *_ in marks), root)


def _digest(files: Iterable[Path], root: Path) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.relative_to(root).as_posix().encode())
        with file.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()
