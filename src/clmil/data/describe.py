"""Label descriptions from a `labels.json` beside the data."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from clmil.errors import DataError

DESCRIPTIONS = "labels.json"
"""File beside the data, or in a folder of them."""


def descriptions_path(source: str | Path) -> Path:
    """Return where the descriptions of a file or folder of data stand, if there are any."""
    path = Path(source).expanduser()
    return (path if path.is_dir() else path.parent) / DESCRIPTIONS


def read_descriptions(path: Path) -> dict[str, str]:
    """Return label name to description; an absent file, or that of a model, describes none.

    The file holds a list of `{"name", "description"}`, whose other keys are ignored, or a
    mapping of name to description. It fixes no order.

    Raises:
        DataError: if the file is not of these forms, or a name is blank or occurs twice.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path} is not JSON ({error}); mend or remove it.") from error
    if _is_of_model(content):
        return {}
    found: dict[str, str] = {}
    for name, description in _entries(path, content):
        if not isinstance(name, str) or not isinstance(description, str):
            raise DataError(
                f"{path}: the entry {name!r} has no name and description that are strings; "
                "mend or remove it."
            )
        if not name.strip() or name in found:
            fault = "occurs twice" if name in found else "is blank"
            raise DataError(f"{path}: the label name {name!r} {fault}; mend or remove it.")
        found[name] = description
    return found


def _is_of_model(content: Any) -> bool:
    """Recognise what `LabelSpace.to_json` wrote, beside data that lie in a model's folder."""
    return (
        isinstance(content, dict)
        and isinstance(content.get("labels"), list)
        and isinstance(content.get("documents"), int)
    )


def _entries(path: Path, content: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(content, dict):
        yield from ((name, description or "") for name, description in content.items())
    elif isinstance(content, list) and all(isinstance(entry, dict) for entry in content):
        yield from ((entry.get("name"), entry.get("description") or "") for entry in content)
    else:
        raise DataError(
            f'{path} is neither a list of {{"name", "description"}} nor a mapping of label name '
            "to description; mend or remove it."
        )
