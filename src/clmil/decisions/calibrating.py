"""Fitting a calibration on labelled documents, rare labels leaning on all labels together.

How strongly they lean is chosen by cross-validated log-loss, and so is whether to calibrate at
all: probabilities that are right already are better left alone. Among choices within a standard
error of the best the simplest is taken (Breiman et al., 1984).
"""

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np

from clmil.decisions.calibration import Calibration, Isotonic, Temperature, logit, sigmoid
from clmil.decisions.log_loss import document_losses, log_loss

Kind = Literal["temperature", "isotonic"]

STRENGTHS = (np.inf, 300.0, 100.0, 30.0, 10.0)
"""As many relevant documents of a label weigh as much as all labels; the simplest comes first."""

FOLDS, STEPS = 5, 100
"""Of the cross-validation, and of Newton's method at most."""


def fit_calibration(
    kind: Kind, raw: np.ndarray, targets: np.ndarray, *, seed: int = 0
) -> tuple[Calibration | None, np.ndarray, dict[str, Any]]:
    """Fit a calibration.

    Args:
        kind: `temperature` (a slope and a bias on the logit) or `isotonic`.
        raw: (n, l) the network's own probabilities.
        targets: (n, l) int8, -1 unknown, which counts nowhere.
        seed: of the folds.

    Returns:
        The calibration, None where none is better; the (n, l) probabilities that it gives to
        documents outside of its fit; how it was found, with log-losses per known cell.
    """
    held_out = _held_out(kind, raw, targets, seed)
    losses = {name: log_loss(values, targets) for name, values in held_out.items()}
    best = _simplest({name: document_losses(values, targets) for name, values in held_out.items()})
    facts = {
        "kind": "none" if best is None else kind,
        "strength": "inf" if best == np.inf else best,
        "log_loss": {"before": losses[None], "after": losses[best]},
    }
    if best is None:
        return None, np.asarray(raw, dtype=np.float64), facts
    return dict(_fits(kind, raw, targets))[best], held_out[best], facts


def _simplest(losses: dict[float | None, np.ndarray]) -> float | None:
    """Return the first in the order of simplicity within a standard error of the best.

    The standard error is that of the difference to the best, document by document.
    """
    best = min(losses.values(), key=lambda lost: lost.sum())
    for name, lost in losses.items():
        extra = lost - best
        if extra.mean() <= extra.std() / np.sqrt(len(extra)):
            return name
    raise AssertionError("the best is within a standard error of itself")


def _held_out(
    kind: Kind, raw: np.ndarray, targets: np.ndarray, seed: int
) -> dict[float | None, np.ndarray]:
    """Return probabilities by strength, each document's from a fit without it; None: as given."""
    fold = np.random.default_rng(seed).permutation(len(raw)) % FOLDS
    names = (None, *STRENGTHS)
    found: dict[float | None, np.ndarray] = {
        name: np.array(raw, dtype=np.float64) for name in names
    }
    for part in range(FOLDS):
        inside, outside = fold != part, fold == part
        for strength, calibration in _fits(kind, raw[inside], targets[inside]):
            found[strength][outside] = calibration.apply(raw[outside])
    return found


def _fits(kind: Kind, raw: np.ndarray, targets: np.ndarray) -> Iterator[tuple[float, Calibration]]:
    """Give the fit of every strength."""
    if kind == "isotonic":
        yield from _isotonic(raw, targets)
        return
    logits, known, positive = logit(raw), targets >= 0, targets == 1
    flat = [array[known][:, None] for array in (logits, known, positive)]
    slope, bias = _newton(*flat, prior=(1.0, 0.0), strength=1e-3)
    for strength in STRENGTHS:
        if np.isfinite(strength):
            prior = (slope[0], bias[0])
            slopes, biases = _newton(logits, known, positive, prior=prior, strength=strength)
        else:
            slopes, biases = (np.full(raw.shape[1], value[0]) for value in (slope, bias))
        yield strength, Temperature(slopes=slopes, biases=biases)


def _newton(
    logits: np.ndarray,
    known: np.ndarray,
    positive: np.ndarray,
    *,
    prior: tuple[float, float],
    strength: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Fit slope and bias of each column by maximum a posteriori, (l,) each.

    The prior is a normal distribution around `prior`; `strength` is the inverse variance of the
    slope, and a quarter of it that of the bias, since a relevant cell tells the bias p (1 - p),
    at most a quarter.
    """
    slopes, biases = (np.full(logits.shape[1], value) for value in prior)
    firm = (strength, strength / 4)
    for _ in range(STEPS):
        guess = sigmoid(logits * slopes + biases)
        wrong, spread = (guess - positive) * known, guess * (1 - guess) * known
        first = (wrong * logits).sum(axis=0) + firm[0] * (slopes - prior[0])
        second = wrong.sum(axis=0) + firm[1] * (biases - prior[1])
        a = (spread * logits**2).sum(axis=0) + firm[0]
        b = (spread * logits).sum(axis=0)
        c = spread.sum(axis=0) + firm[1]
        scale = np.maximum(a * c - b * b, 1e-12)
        step = np.stack([c * first - b * second, a * second - b * first]) / scale
        step = np.clip(step, -1, 1)  # far from the optimum a whole step may overshoot
        slopes, biases = np.maximum(slopes - step[0], 0.05), biases - step[1]
        if np.abs(step).max() < 1e-7:
            break
    return slopes, biases


def _isotonic(raw: np.ndarray, targets: np.ndarray) -> Iterator[tuple[float, Calibration]]:
    known, positive = targets >= 0, targets == 1
    pooled = _rising(raw[known], positive[known])
    lines = tuple(
        _rising(raw[known[:, k], k], positive[known[:, k], k]) if positive[:, k].any() else None
        for k in range(raw.shape[1])
    )
    seen = positive.sum(axis=0)
    for strength in STRENGTHS:
        yield strength, Isotonic(lines=lines, pooled=pooled, weights=seen / (seen + strength))


def _rising(raw: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """Return a strictly sloped isotonic regression, (2, k): before and after, from 0 to 1.

    Cells that isotonic regression gives one value become one point, at their mean, with straight
    lines between (Oron and Flournoy, 2017), so that no two probabilities fall together.
    """
    from sklearn.isotonic import IsotonicRegression

    order = np.argsort(raw, kind="stable")
    before = np.asarray(raw, dtype=np.float64)[order]
    after = IsotonicRegression(y_min=0, y_max=1).fit_transform(before, positive[order])
    block = np.cumsum(np.diff(after, prepend=after[0]) > 0)
    size = np.bincount(block)
    x, y = (np.bincount(block, values) / size for values in (before, after))
    line = np.stack([np.concatenate([[0], x, [1]]), np.concatenate([[0], y, [1]])])
    return np.unique(line, axis=1)
