"""A file that a user wrote by hand: a mapping from labels, JSON or YAML, each named once."""

import json
from pathlib import Path
from typing import Any

from clmil.data.strict_yaml import RepeatedKeyError, load_yaml
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
        values = load_yaml(text) if is_yaml else _parsed_json(text)
        _check_keys(values, path)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DataError(f"{path} cannot be read ({reason}); check the path.") from None
    except RepeatedKeyError as error:
        raise DataError(f"{path}: it names {error.key!r} twice; keep one of them.") from None
    except (ValueError, RecursionError) as error:
        deep = isinstance(error, RecursionError)
        reason = "nested too deeply" if deep else str(error).splitlines()[0]
        raise DataError(f"{path} is not {form} ({reason}); mend it there.") from None
    if not isinstance(values, dict):
        found = "nothing" if values is None else type(values).__name__
        raise DataError(f'{path} holds no mapping but {found}; write {{"label": value, ...}}.')
    return values


def _parsed_json(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise RepeatedKeyError(key)
        found[key] = value
    return found


def _check_keys(values: Any, path: Path) -> None:
    """Raise a `DataError` on a key that is no text, at any depth of mappings."""
    for key, value in values.items() if isinstance(values, dict) else ():
        if not isinstance(key, str):
            raise DataError(f"{path}: the label {key!r} is not text; put it between quotes.")
        _check_keys(value, path)
