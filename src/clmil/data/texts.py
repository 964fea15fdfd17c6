"""Texts as Python users hold them: any sequence of strings."""

from typing import Any

import numpy as np

from clmil.data.values import read_text
from clmil.errors import DataError


def texts_of(X: Any) -> list[str]:
    """Return texts as a list of strings.

    Args:
        X: (n,) strings: a list, a NumPy array, a pandas Series, an Arrow array, a column of
            `datasets`.

    Raises:
        DataError: if X is one string, a set, a table or a matrix, or an item is no usable text.
    """
    if isinstance(X, str | bytes):
        raise DataError("X is a single string; give a list of texts.")
    if isinstance(X, set | frozenset):
        raise DataError("X is a set, which has no order; give a list of texts.")
    if hasattr(X, "toarray"):
        raise DataError("X is a sparse matrix; give a list of texts.")
    if hasattr(X, "columns") or isinstance(X, dict):
        raise DataError("X is a table; give its column of texts alone.")
    if hasattr(X, "__array__") and not hasattr(X, "__iter__"):
        X = np.asarray(X)
    if len(getattr(X, "shape", (0,))) != 1 or not hasattr(X, "__iter__"):
        raise DataError(f"X is a {_kind(X)}; give a list of texts.")
    listed = X.to_pylist() if hasattr(X, "to_pylist") else list(X)
    return [_text(text, number) for number, text in enumerate(listed)]


def _text(text: Any, number: int) -> str:
    if not isinstance(text, str):
        raise DataError(f"X[{number}] is {type(text).__name__}, not a text; give strings.")
    return str(read_text({"text": text}, "text", f"X[{number}]"))


def _kind(X: Any) -> str:
    shape = getattr(X, "shape", None)
    return type(X).__name__ if shape is None else f"{type(X).__name__} of the shape {shape}"
