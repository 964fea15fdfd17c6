"""How far probabilities are from frequencies, label by label."""

from dataclasses import dataclass

import numpy as np

BINS = 15
"""Bins a label, as in Nixon et al. (2019)."""

FLOOR = 0.01
"""Cells below it are nearly all irrelevant and nearly all cells; the errors above it tell more."""

DRAWS = 20
"""Draws of targets from the probabilities themselves, to see what chance does."""


@dataclass(frozen=True, kw_only=True)
class CalibrationError:
    """Mean absolute gaps of probability and frequency, averaged over labels; all in [0, 1].

    Attributes:
        classwise: bins of equal width (Kull et al., 2019).
        adaptive: bins of equal mass (Nixon et al., 2019, ACE).
        adaptive_above: the same over cells with a probability above 0.01 (their TACE).
        chance_above: what `adaptive_above` would be by chance alone if the probabilities were
            right; no calibration can be expected to go below it.
    """

    classwise: float
    adaptive: float
    adaptive_above: float
    chance_above: float


def calibration_error(
    probabilities: np.ndarray,
    targets: np.ndarray,
    *,
    beside: np.ndarray | None = None,
    seed: int = 0,
) -> CalibrationError:
    """Compare probabilities with what is true.

    Args:
        probabilities: (n, l).
        targets: (n, l) int8, -1 unknown, which counts nowhere.
        beside: (n, l) other probabilities of the same texts, whose error these are compared
            with: a cell is above the floor where either says so, so that both are judged on the
            same cells.
        seed: of the draws that show what chance does.
    """
    given = np.asarray(probabilities, dtype=np.float64)
    known = targets >= 0
    above = known & ((given if beside is None else np.maximum(given, beside)) > FLOOR)
    hit = (targets == 1).astype(np.float64)
    rng = np.random.default_rng(seed)
    chance = [
        adaptive_error(given, (rng.random(given.shape) < given).astype(np.float64), above)
        for _ in range(DRAWS)
    ]
    return CalibrationError(
        classwise=classwise_error(given, hit, known),
        adaptive=adaptive_error(given, hit, known),
        adaptive_above=adaptive_error(given, hit, above),
        chance_above=float(np.mean(chance)),
    )


def classwise_error(
    probabilities: np.ndarray, hit: np.ndarray, cells: np.ndarray, *, bins: int = BINS
) -> float:
    """Return the error in bins of equal width, a label's bins weighted by their cells.

    Args:
        probabilities: (n, l).
        hit: (n, l) 1 where the label is relevant.
        cells: (n, l) bool, the cells that count; labels without any are left out.
        bins: of each label.
    """
    place = np.minimum((probabilities * bins).astype(np.int64), bins - 1)
    place += bins * np.arange(probabilities.shape[1])
    return _gaps(place, probabilities, hit, cells, bins)


def adaptive_error(
    probabilities: np.ndarray, hit: np.ndarray, cells: np.ndarray, *, bins: int = BINS
) -> float:
    """Return the error in bins that hold equally many cells of a label (within one).

    Args:
        probabilities: (n, l).
        hit: (n, l) 1 where the label is relevant.
        cells: (n, l) bool, the cells that count; labels without any are left out.
        bins: of each label; a label with fewer cells has as many bins as cells.
    """
    hidden = np.where(cells, probabilities, np.inf)  # sorts last
    rank = hidden.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable")
    number = np.maximum(cells.sum(axis=0), 1)
    place = np.minimum(rank * np.minimum(bins, number) // number, bins - 1)
    place += bins * np.arange(probabilities.shape[1])
    return _gaps(place, probabilities, hit, cells, bins)


def _gaps(
    place: np.ndarray, probabilities: np.ndarray, hit: np.ndarray, cells: np.ndarray, bins: int
) -> float:
    """Add up |sum of probabilities - sum of hits| of the bins and average by label."""
    labels = probabilities.shape[1]
    gap = np.bincount(place[cells], (probabilities - hit)[cells], minlength=bins * labels)
    per_label = np.abs(gap).reshape(labels, -1).sum(axis=1)
    number = cells.sum(axis=0)
    return float((per_label / np.maximum(number, 1))[number > 0].mean()) if number.any() else 0.0
