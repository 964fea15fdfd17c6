"""Scores of finished cells as they stand in a table."""

from collections.abc import Iterable, Sequence

import numpy as np

from clmil.experiments.layout import NOTHING
from clmil.experiments.results import Results
from clmil.experiments.variants import Variant


def scores_at_half(results: Results, variant: Variant, keys: Iterable[str]) -> list[str]:
    """Return scores of a variant at the threshold 0.5, means over its seeds."""
    return [score_cell(results.values(variant, "scores", "fixed", key), key) for key in keys]


def score_cell(values: Sequence[float], key: str = "") -> str:
    """Return a mean with its standard deviation, in per cent but for Hamming losses."""
    if not values:
        return NOTHING
    factor, places = (1.0, 4) if key == "hamming_loss" else (100.0, 1)
    mean = f"{factor * float(np.mean(values)):.{places}f}"
    if len(values) < 2:
        return mean
    return f"{mean} ± {factor * float(np.std(values, ddof=1)):.{places}f}"
