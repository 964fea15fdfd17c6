"""Several systems' probabilities as one (stacked generalisation, Wolpert, 1992)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from clmil.decisions.calibration import logit, sigmoid

PULL = 1.0
"""How strongly weights are drawn to equal ones, in known cells' log-loss: few cells tell little."""


@dataclass(frozen=True, kw_only=True)
class Stack:
    """How the probabilities of m systems are mixed.

    Attributes:
        weights: (m,) of each system's logits, at least 0.
        bias: added to their sum.
    """

    weights: tuple[float, ...]
    bias: float = 0.0

    def mix(self, given: Sequence[np.ndarray]) -> np.ndarray:
        """Return sigmoid(bias + sum of weight times logit), (n, l) float32.

        Args:
            given: (n, l) probabilities, one array a system.
        """
        logits = np.zeros_like(given[0], dtype=np.float64) + self.bias
        for weight, one in zip(self.weights, given, strict=True):
            logits += weight * logit(one)
        mixed: np.ndarray = sigmoid(logits).astype(np.float32)
        return mixed


def equal_stack(systems: int) -> Stack:
    """Return the mean of the logits of m systems."""
    return Stack(weights=(1 / systems,) * systems)


def fit_stack(given: Sequence[np.ndarray], targets: np.ndarray) -> Stack:
    """Choose weights and bias by log-loss on held-out documents, the same for all labels.

    One weight a system, not one a label, so that a rare label with a handful of documents
    cannot be overfitted. Without a known cell the weights are equal.

    Args:
        given: (n, l) probabilities, one array a system, at least one.
        targets: (n, l) int8, 1 relevant, 0 not, -1 unknown.
    """
    start = equal_stack(len(given))
    known = targets >= 0
    if not known.any():
        return start
    features = np.stack([logit(one)[known] for one in given], axis=1)
    truth = (targets[known] == 1).astype(np.float64)
    equal = np.array(start.weights)

    def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the mean log-loss of (m + 1,) weights and bias, and its gradient."""
        logits = features @ values[:-1] + values[-1]
        error = sigmoid(logits) - truth
        apart = values[:-1] - equal
        total = np.logaddexp(0, logits).sum() - truth @ logits + PULL * apart @ apart
        slope = np.append(features.T @ error + 2 * PULL * apart, error.sum())
        return float(total) / len(truth), slope / len(truth)

    bounds = [(0.0, None)] * len(given) + [(None, None)]
    found = minimize(loss, np.append(equal, 0.0), jac=True, bounds=bounds, method="L-BFGS-B")
    *weights, bias = (float(value) for value in found.x)
    return Stack(weights=tuple(weights), bias=bias)
