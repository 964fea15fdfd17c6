"""Drawing without replacement, many rows at once."""

import numpy as np


def distinct_ranks(number: int, k: int, total: int, rng: np.random.Generator) -> np.ndarray:
    """Return (number, k) int64 ranks below `total`, distinct within a row where total >= k."""
    if k <= total < 2 * k:  # redrawing would take long
        return rng.permuted(np.tile(np.arange(total), (number, 1)), axis=1)[:, :k]
    ranks = rng.integers(total, size=(number, k))
    again = np.ones_like(ranks, dtype=bool)
    while total >= k and again.any():
        ranks.sort(axis=1)
        again = np.diff(ranks, axis=1, prepend=-1) == 0
        ranks[again] = rng.integers(total, size=int(again.sum()))
    return rng.permuted(ranks, axis=1)


def drop_repeats(ranks: np.ndarray, blank: int) -> np.ndarray:
    """Return (m, k) sorted ranks with each repeat made `blank`, which is above all of them."""
    ranks = np.sort(ranks, axis=1)
    ranks[:, 1:][np.diff(ranks, axis=1) == 0] = blank
    ranks.sort(axis=1)
    return ranks
