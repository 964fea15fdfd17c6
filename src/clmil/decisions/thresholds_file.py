"""Thresholds from a file that a user wrote, or from another model's `labels.json`."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from clmil.decisions.mapping_file import read_mapping
from clmil.errors import DataError, nearest


def read_thresholds(path: Path, names: Sequence[str], own: np.ndarray) -> np.ndarray:
    """Return (l,) float64 thresholds.

    Args:
        path: JSON or YAML, `{"label": 0.3, ...}` or the `labels.json` of a model.
        names: (l,) labels of the model.
        own: (l,) the model's thresholds, which stay for labels that the file does not name.

    Raises:
        DataError: with the file and the label, if the file is no mapping, names a label that
            the model does not know, or a threshold is not a number from 0 to 1.
    """
    given = _thresholds(read_mapping(path), path)
    columns = {name: column for column, name in enumerate(names)}
    result = np.array(own, dtype=np.float64)
    for name, value in given.items():
        check_label(name, names, path)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise DataError(
                f"{path}: the threshold of {name!r} is {json.dumps(value, default=str)}; "
                "give a number from 0 to 1."
            )
        result[columns[name]] = value
    return result


def check_label(name: str, names: Sequence[str], path: Path) -> None:
    """Raise a `DataError` with the nearest name if the model has no such label."""
    if name not in names:
        hint = nearest(name, names, f"its labels begin with {names[0]!r}.")
        raise DataError(f"{path}: the model has no label {name!r}; {hint}")


def _thresholds(values: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return the part of a `labels.json` that holds thresholds, or the whole object."""
    if not isinstance(values.get("labels"), list):
        return values
    decisions = values.get("decisions")
    if not isinstance(decisions, dict) or not isinstance(decisions.get("thresholds"), dict):
        raise DataError(f"{path} is of a model without thresholds of its own; name another file.")
    return dict(decisions["thresholds"])
