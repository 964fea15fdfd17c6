"""What every way of explaining gives: scores of words."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np


class Evidence(NamedTuple):
    """Scores of a text's words.

    Attributes:
        spans: first character and the one after the last, of each of w words.
        scores: (k, w) float64, a row for each label asked about; above 0 speaks for it. NaN: the
            word was not looked at.
    """

    spans: list[tuple[int, int]]
    scores: np.ndarray


class Witness(Protocol):
    """One way of explaining one model."""

    @property
    def method(self) -> str:
        """What computes the scores."""
        ...

    def words(self, text: str, columns: Sequence[int], top: int | None) -> Evidence:
        """Score words of a text for some labels: the best `top` at least, or all."""
        ...


def log_odds(probabilities: np.ndarray) -> np.ndarray:
    """Return float64 log(p / (1 - p)), finite at 0 and 1."""
    held = np.clip(np.asarray(probabilities, dtype=np.float64), 1e-6, 1 - 1e-6)
    odds: np.ndarray = np.log(held) - np.log1p(-held)
    return odds
