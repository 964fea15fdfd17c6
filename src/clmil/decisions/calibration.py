"""Calibration of probabilities, as it is stored and applied; `calibrating.py` fits it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

EDGE = 1e-7
"""Probabilities are kept this far from 0 and 1 before their logit is taken."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Temperature:
    """A slope and a bias on every label's logit (Platt, 1999; Guo et al., 2017).

    Attributes:
        slopes: (l,) float64 above 0, one over the temperature.
        biases: (l,) float64.
    """

    slopes: np.ndarray
    biases: np.ndarray

    def apply(self, raw: np.ndarray) -> np.ndarray:
        """Return (n, l) float32 calibrated probabilities."""
        scaled = logit(raw) * self.slopes + self.biases
        calibrated: np.ndarray = sigmoid(scaled).astype(np.float32)
        return calibrated

    def to_json(self, names: Sequence[str]) -> dict[str, Any]:
        """Return plain values."""
        rows = zip(names, self.slopes.tolist(), self.biases.tolist(), strict=True)
        labels = {name: {"slope": slope, "bias": bias} for name, slope, bias in rows}
        return {"kind": "temperature", "labels": labels}


@dataclass(frozen=True, kw_only=True, eq=False)
class Isotonic:
    """A rising broken line for every label, mixed with one for all labels together.

    Attributes:
        lines: one a label: (2, k) float64, probabilities before and after; None where the
            label had nothing to learn from.
        pooled: (2, k) float64, the line of all labels.
        weights: (l,) float64 in [0, 1], the share of a label's own line.
    """

    lines: tuple[np.ndarray | None, ...]
    pooled: np.ndarray
    weights: np.ndarray

    def apply(self, raw: np.ndarray) -> np.ndarray:
        """Return (n, l) float32 calibrated probabilities."""
        given = np.asarray(raw, dtype=np.float64)
        result = np.interp(given, *self.pooled)
        for column, (line, weight) in enumerate(zip(self.lines, self.weights, strict=True)):
            if line is not None:
                own = np.interp(given[:, column], *line)
                result[:, column] += weight * (own - result[:, column])
        mixed: np.ndarray = result.astype(np.float32)
        return mixed

    def to_json(self, names: Sequence[str]) -> dict[str, Any]:
        """Return plain values."""
        rows = zip(names, self.lines, self.weights.tolist(), strict=True)
        labels = {
            name: {"weight": weight, "line": None if line is None else line.tolist()}
            for name, line, weight in rows
        }
        return {"kind": "isotonic", "pooled": self.pooled.tolist(), "labels": labels}


Calibration = Temperature | Isotonic


def calibration_from_json(values: Mapping[str, Any], names: Sequence[str]) -> Calibration:
    """Read what `to_json` of a calibration wrote.

    Raises:
        KeyError, TypeError, ValueError: if something is missing or of another form.
    """
    rows = [values["labels"][name] for name in names]
    if values["kind"] == "temperature":
        return Temperature(
            slopes=np.array([float(row["slope"]) for row in rows]),
            biases=np.array([float(row["bias"]) for row in rows]),
        )
    if values["kind"] == "isotonic":
        return Isotonic(
            lines=tuple(None if row["line"] is None else _line(row["line"]) for row in rows),
            pooled=_line(values["pooled"]),
            weights=np.array([float(row["weight"]) for row in rows]),
        )
    raise ValueError(f"unknown kind {values['kind']!r}")


def logit(probabilities: np.ndarray) -> np.ndarray:
    """Return the float64 logits of probabilities, kept finite."""
    from scipy import special  # not at once: most models have no calibration to apply

    inside = np.clip(np.asarray(probabilities, dtype=np.float64), EDGE, 1 - EDGE)
    odds: np.ndarray = special.logit(inside)
    return odds


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Return the float64 probabilities of logits, without overflow."""
    from scipy import special

    rising: np.ndarray = special.expit(np.asarray(logits, dtype=np.float64))
    return rising


def _line(points: Any) -> np.ndarray:
    line = np.array(points, dtype=np.float64)
    if line.ndim != 2 or len(line) != 2 or (np.diff(line) < 0).any():
        raise ValueError("a line of the calibration does not rise")
    return line
