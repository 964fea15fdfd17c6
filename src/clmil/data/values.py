"""What a cell may hold: a text, a list of label names."""

from collections.abc import Mapping
from typing import Any

from clmil.data.columns import missing_column
from clmil.errors import DataError

LONGEST_TEXT = 1_000_000
"""Characters of one text."""


def read_text(values: Mapping[str, Any], column: str, place: str) -> str:
    """Return a record's text.

    Raises:
        DataError: if the column is missing, the text null, no string, longer than
            `LONGEST_TEXT` or no Unicode.
    """
    if column not in values:
        raise missing_column(column, "text", values, place)
    text = values[column]
    if not isinstance(text, str):
        kind = "null" if text is None else f"a {type(text).__name__}"
        raise DataError(
            f"{place}: the text in the column {column!r} is {kind}; give a string "
            "or leave the document out."
        )
    if len(text) > LONGEST_TEXT:
        raise DataError(
            f"{place}: the text has {len(text):,} characters, more than the {LONGEST_TEXT:,} "
            "allowed; split or shorten it."
        )
    _check_unicode(text, "text", place)
    return text


def read_names(value: Any, column: str, place: str) -> list[str]:
    """Return a list of label names.

    Raises:
        DataError: if it is no list, or a name is no string or blank.
    """
    if not isinstance(value, list):
        raise DataError(
            f"{place}: the column {column!r} holds {shorten(value)}; "
            "it must hold a list of label names."
        )
    for name in value:
        if not isinstance(name, str):
            raise DataError(
                f"{place}: the column {column!r} holds the label {shorten(name)}; "
                "label names must be strings."
            )
        if not name.strip():
            raise DataError(
                f"{place}: the column {column!r} holds a blank label name; "
                "remove it or give it a name."
            )
        _check_unicode(name, "label", place)
    return value


def _check_unicode(text: str, role: str, place: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise DataError(
            f"{place}: the {role} holds half a surrogate pair, which is no character; "
            "write the file again as UTF-8."
        ) from None


def shorten(value: Any) -> str:
    """Return a value as code, cut to 60 characters, for a message."""
    said = repr(value)
    return said if len(said) <= 60 else said[:57] + "..."
