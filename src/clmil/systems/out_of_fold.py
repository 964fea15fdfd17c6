"""Scores of documents by models that did not see them, fold by fold."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np


class Head(Protocol):
    """A model that is fitted within seconds."""

    def fit(self, inputs: Any, targets: np.ndarray) -> Any:
        """Learn from n inputs and (n, l) int8 targets, -1 unknown."""

    def predict_proba(self, inputs: Any) -> np.ndarray:
        """Return (n, l) float32 scores in (0, 1)."""


def out_of_fold(
    make: Callable[[], Head],
    inputs: Sequence[Any] | np.ndarray,
    targets: np.ndarray,
    fold: np.ndarray,
    *,
    advance: Callable[[int], None] = lambda _: None,
) -> np.ndarray:
    """Return (n, l) float32 scores, each document's from a model fitted without its fold.

    Args:
        make: gives a model that has not been fitted.
        inputs: (n,) texts or (n, h) vectors, what the model takes.
        targets: (n, l) int8, -1 unknown.
        fold: (n,) int, the fold of each document.
        advance: told how many documents more were scored.
    """
    raw = np.zeros(targets.shape, dtype=np.float32)
    for part in np.unique(fold):
        outside = fold == part
        fitted = make().fit(_taken(inputs, ~outside), targets[~outside])
        raw[outside] = fitted.predict_proba(_taken(inputs, outside))
        advance(int(outside.sum()))
    return raw


def _taken(inputs: Sequence[Any] | np.ndarray, mask: np.ndarray) -> Any:
    if isinstance(inputs, np.ndarray):
        return inputs[mask]
    return [inputs[row] for row in np.flatnonzero(mask).tolist()]
