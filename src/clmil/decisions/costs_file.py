"""Costs of wrong cells by label, from a file that a user wrote."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from sys import float_info

import numpy as np

from clmil.decisions.mapping_file import read_mapping
from clmil.decisions.thresholds_file import check_label
from clmil.errors import DataError


def read_costs(path: Path, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the (l,) costs of false positives and of false negatives from a file.

    Args:
        path: JSON or YAML, `{"label": {"fp": 1, "fn": 5}, ...}`; what is left out costs 1.
        names: (l,) labels of the model.

    Raises:
        DataError: with the file and the label, if the file is something else, names a label that
            the model does not know, or a cost is not a finite number of 0 or more.
    """
    false_positive, false_negative = np.ones(len(names)), np.ones(len(names))
    columns = {name: column for column, name in enumerate(names)}
    for name, costs in read_mapping(path).items():
        check_label(name, names, path)
        if not isinstance(costs, Mapping) or not set(costs) <= {"fp", "fn"}:
            raise DataError(f"{path}: the costs of {name!r} are not {{fp: number, fn: number}}.")
        for key, value in costs.items():
            good = isinstance(value, int | float) and not isinstance(value, bool)
            if not good or not 0 <= value <= float_info.max:
                raise DataError(
                    f"{path}: the cost {key} of {name!r} is {str(value)[:20]}; "
                    "give a number of 0 or more."
                )
            (false_positive if key == "fp" else false_negative)[columns[name]] = value
    return false_positive, false_negative
