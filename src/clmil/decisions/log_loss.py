"""The log-loss of probabilities, in nats."""

import numpy as np

LEAST = 1e-7
"""Probability that what is true counts with at least, so that no loss is infinite."""


def log_loss(probabilities: np.ndarray, targets: np.ndarray) -> float:
    """Return the mean log-loss of the known cells of (n, l); of none it is 0."""
    return float(document_losses(probabilities, targets).sum() / max((targets >= 0).sum(), 1))


def document_losses(probabilities: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return the (n,) float64 log-losses of documents, added up over their known cells.

    Args:
        probabilities: (n, l).
        targets: (n, l) int8, -1 unknown, which costs nothing.
    """
    given = np.asarray(probabilities, dtype=np.float64)
    right = np.where(targets == 1, given, np.where(targets == 0, 1 - given, 1.0))
    lost: np.ndarray = -np.log(np.maximum(right, LEAST)).sum(axis=1)
    return lost
