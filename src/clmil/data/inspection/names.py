"""Label names that look like a mistake in reading: a missed delimiter, a name written twice."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from clmil.data.layout import DELIMITERS

MOST_NAMED = 5
"""Names that a finding lists."""


def name_facts(names: Sequence[str]) -> dict[str, Any]:
    """Return `delimiters`, names that look like several, and `nearly_equal` names."""
    found = [fact for mark in DELIMITERS if (fact := _delimited(names, mark))]
    return {"delimiters": found, "nearly_equal": _nearly_equal(names)}


def _delimited(names: Sequence[str], mark: str) -> dict[str, Any] | None:
    """Tell names that a delimiter splits into pieces of which half are known otherwise."""
    joined = [name for name in names if mark in name.strip(mark)]
    pieces = Counter(piece for name in joined for piece in set(_pieces(name, mark)))
    known = set(names)
    hits = sum(piece in known or count > 1 for piece, count in pieces.items())
    if not joined or hits < len(pieces) / 2:
        return None
    return {"mark": mark, "labels": len(joined), "examples": joined[:MOST_NAMED]}


def _pieces(name: str, mark: str) -> Iterable[str]:
    return (piece.strip() for piece in name.split(mark) if piece.strip())


def _nearly_equal(names: Sequence[str]) -> list[list[str]]:
    """Return groups of names that differ in case, white space or punctuation only."""
    groups: dict[str, list[str]] = {}
    for name in names:
        key = "".join(letter for letter in name.casefold() if letter.isalnum())
        groups.setdefault(key or name, []).append(name)
    return [group for group in groups.values() if len(group) > 1]
