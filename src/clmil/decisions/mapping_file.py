"""A file that a user wrote by hand: a mapping from labels, JSON or YAML, each named once."""

import json
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from clmil.errors import DataError


def read_mapping(path: Path) -> dict[str, Any]:
    """Read a file that holds a JSON object, or a YAML mapping if its name says so.

    Raises:
        DataError: if it cannot be read, is something else, or names a key twice or not as text.
    """
    is_yaml = path.suffix in (".yaml", ".yml")
    form = "YAML" if is_yaml else "JSON"
    try:
        text = path.read_text(encoding="utf-8-sig")
        values = yaml.load(text, _Strict) if is_yaml else _parsed(text)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DataError(f"{path} cannot be read ({reason}); check the path.") from None
    except _KeyFaultError as fault:
        raise DataError(f"{path}: {fault}") from None
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        deep = isinstance(error, RecursionError)
        reason = "nested too deeply" if deep else str(error).splitlines()[0]
        raise DataError(f"{path} is not {form} ({reason}); mend it there.") from None
    if not isinstance(values, dict):
        found = "nothing" if values is None else type(values).__name__
        raise DataError(f'{path} holds no mapping but {found}; write {{"label": value, ...}}.')
    return values


class _KeyFaultError(Exception):
    """A key that is there twice or is no text."""


def _unique(pairs: list[tuple[Any, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if not isinstance(key, str):
            raise _KeyFaultError(f"the label {key!r} is not text; put it between quotes.")
        if key in found:
            raise _KeyFaultError(f"it names {key!r} twice; keep one of them.")
        found[key] = value
    return found


def _parsed(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_unique)


class _Strict(yaml.SafeLoader):
    """YAML without the liberty of repeated keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Return a mapping; its keys must be text and differ."""
        pairs = [(self.construct_object(key, deep=deep), None) for key, _ in node.value]
        _unique(pairs)
        made: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return made
