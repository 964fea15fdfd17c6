"""Cells over every threshold of one grid, counted once and then only added up."""

from dataclasses import dataclass

import numpy as np

from clmil.decisions.calibration import sigmoid
from clmil.decisions.metrics import ratios

GRID = np.concatenate([[0.0], sigmoid(np.arange(-8, 8.01, 1 / 32)), [1.0]])
"""The thresholds that are tried; .5 is among them."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Counted:
    """Cells of l labels over each threshold of the grid.

    Attributes:
        tp, fp: (l, g) float64, true and false positives.
        positives: (l, 1) float64, relevant cells.
    """

    tp: np.ndarray
    fp: np.ndarray
    positives: np.ndarray

    def __add__(self, other: "Counted") -> "Counted":
        return Counted(
            tp=self.tp + other.tp, fp=self.fp + other.fp, positives=self.positives + other.positives
        )

    def __sub__(self, other: "Counted") -> "Counted":
        return Counted(
            tp=self.tp - other.tp, fp=self.fp - other.fp, positives=self.positives - other.positives
        )

    def mixed(self, weights: np.ndarray) -> "Counted":
        """Return the counts of k mixtures of labels, weights (k, l)."""
        return Counted(
            tp=weights @ self.tp, fp=weights @ self.fp, positives=weights @ self.positives
        )

    def shared_f1(self) -> np.ndarray:
        """Return the (g,) micro-F1 of one threshold for all labels."""
        tp, fp = self.tp.sum(axis=0), self.fp.sum(axis=0)
        return ratios(tp, fp, self.positives.sum() - tp)[2]

    def at(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (l,) tp, fp and positives at one place of the grid a label."""
        rows = np.arange(len(places))
        return self.tp[rows, places], self.fp[rows, places], self.positives[:, 0]


def count_cells(cells: np.ndarray, targets: np.ndarray) -> Counted:
    """Count (n, l) cells, given as how many places of the grid lie below each."""
    labels, size = targets.shape[1], len(GRID) + 1
    flat = cells + size * np.arange(labels)
    over = []
    for value in (1, 0):
        found = np.bincount(flat[targets == value], minlength=labels * size)
        found = found.reshape(labels, size)[:, ::-1].cumsum(axis=1)[:, ::-1]
        over.append(found[:, 1:].astype(np.float64))
    positives = (targets == 1).sum(axis=0, dtype=np.float64)[:, None]
    return Counted(tp=over[0], fp=over[1], positives=positives)
