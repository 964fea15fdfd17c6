"""What Python users give beside texts and labels, checked."""

from collections.abc import Container, Mapping
from typing import Any

import numpy as np

from clmil.errors import DataError


def pair_of(validation: Any) -> tuple[Any, Any]:
    """Return texts and labels of held-out documents; a `DataError` if it is no pair."""
    if not isinstance(validation, tuple | list) or len(validation) != 2:
        raise DataError(
            "validation is no pair of texts and labels; give validation=(texts, labels)."
        )
    return validation[0], validation[1]


def descriptions_of(given: Any, known: Container[str]) -> dict[str, str]:
    """Return the descriptions of known labels; a `DataError` if one is unknown or no sentence."""
    if not isinstance(given, Mapping | None):
        raise DataError(
            f"descriptions is a {type(given).__name__}; give a mapping from label to sentence."
        )
    for name, sentence in (given or {}).items():
        if not isinstance(sentence, str):
            raise DataError(f"the description of {name!r} is {sentence!r}; give a sentence.")
        if name not in known:
            raise DataError(
                f"no text carries the label {name!r}, which is described; check its name, or leave "
                "it out."
            )
    return dict(given or {})


def weights_of(given: Any, number: int) -> np.ndarray:
    """Return the (n,) float64 weights of n texts, 1 each where none are given.

    Raises:
        DataError: if they are no finite numbers of 0 or more, not as many, or all 0.
    """
    if given is None:
        return np.ones(number)
    try:
        weights = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError("sample_weight holds what is no number; give numbers.") from None
    if weights.shape != (number,):
        raise DataError(
            f"sample_weight has the shape {weights.shape}; give one for each of {number} texts."
        )
    wrong = ~(np.isfinite(weights) & (weights >= 0))
    if wrong.any():
        place = int(wrong.argmax())
        raise DataError(
            f"sample_weight[{place}] is {weights[place]:g}; give finite numbers of 0 or more."
        )
    if number and not weights.any():
        raise DataError("sample_weight is 0 for every text; give some of them more.")
    return weights
