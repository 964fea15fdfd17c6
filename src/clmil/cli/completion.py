"""What the shell offers when an option's value is completed."""

from collections.abc import Iterable
from pathlib import Path


def systems(incomplete: str) -> list[tuple[str, str]]:
    """Return the systems that begin so, with their summaries."""
    from clmil.systems.registry import SYSTEMS

    return [(name, spec.summary) for name, spec in SYSTEMS.items() if name.startswith(incomplete)]


def recipes(incomplete: str) -> list[str]:
    """Return the recipes that ship, and YAML files and folders, that begin so."""
    from clmil.systems.registry import SHIPPED

    return _beginning(SHIPPED, incomplete) + _paths(incomplete, (".yaml", ".yml"))


def encoders(incomplete: str) -> list[str]:
    """Return the encoders' aliases and the folders that begin so."""
    from clmil.storage.encoders import ALIASES

    return _beginning(ALIASES, incomplete) + _paths(incomplete, ())


def _beginning(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]


def _paths(incomplete: str, suffixes: tuple[str, ...]) -> list[str]:
    """Return folders, and files with one of the suffixes, that begin so; hidden ones if asked."""
    typed, _, start = incomplete.rpartition("/")
    typed += "/" * ("/" in incomplete)
    parent = Path(typed or ".")
    if not parent.is_dir():
        return []
    return [
        f"{typed}{path.name}" + "/" * path.is_dir()
        for path in sorted(parent.iterdir())
        if path.name.startswith(start)
        and (path.is_dir() or path.suffix in suffixes)
        and (start or not path.name.startswith("."))
    ]
