"""The worked corpus of the tests: labels a to e, eight documents."""

import numpy as np

WORKED = ("ab", "ab", "abc", "ac", "cd", "de", "de", "ad")


def row(letters: str, labels: int = 5) -> np.ndarray:
    """Return the int8 indicator of labels given as letters."""
    return np.array([chr(ord("a") + k) in letters for k in range(labels)], dtype=np.int8)


def letters(mask: np.ndarray) -> str:
    """Return the labels of an indicator as letters."""
    return "".join(chr(ord("a") + k) for k in np.flatnonzero(mask))


def corpus() -> np.ndarray:
    """Return the (8, 5) int8 targets."""
    return np.stack([row(document) for document in WORKED])
