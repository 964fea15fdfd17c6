"""What thresholds are chosen for, computed on a grid of thresholds at once."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from clmil.decisions.counted import Counted
from clmil.decisions.metrics import macro_mean, ratios
from clmil.errors import RecipeError, nearest

ObjectiveName = Literal["macro-f1", "micro-f1", "precision-at-recall", "cost"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Objective:
    """What to make as large as possible.

    Attributes:
        name: `macro-f1`, `micro-f1`, `precision-at-recall` (the highest precision with at least
            the given recall) or `cost` (the least total cost of wrong cells).
        recall: for `precision-at-recall`, in (0, 1].
        false_positive: cost of a label predicted wrongly, one number or (l,) float64.
        false_negative: cost of a label missed, one number or (l,) float64.

    Raises:
        RecipeError: if the name is unknown or a number is out of range.
    """

    name: ObjectiveName = "macro-f1"
    recall: float = 0.9
    false_positive: float | np.ndarray = 1.0
    false_negative: float | np.ndarray = 1.0

    def __post_init__(self) -> None:
        known = get_args(ObjectiveName)
        if self.name not in known:
            hint = nearest(self.name, known, f"known are {', '.join(known)}.")
            raise RecipeError(f"there is no objective {self.name!r}; {hint}")
        if not 0 < self.recall <= 1:
            raise RecipeError(f"the recall is {self.recall:g}; give a number above 0, at most 1.")
        for costs in (self.false_positive, self.false_negative):
            if not (np.isfinite(costs).all() and (np.asarray(costs) >= 0).all()):
                raise RecipeError("a cost is below 0 or no finite number; give costs of 0 or more.")
        if not (np.any(self.false_positive) or np.any(self.false_negative)):
            raise RecipeError(
                "all costs are 0, so that no rule costs more than another; raise one."
            )

    def gain(self, counted: Counted, level: float) -> np.ndarray:
        """Return what each label gains at each threshold, (l, g).

        Args:
            counted: cells of l labels over g thresholds.
            level: the micro-F1 reached so far. Micro-F1 is 2 TP / (TP + FP + P), a ratio of sums;
                where 2 tp - level (tp + fp) is largest for every label, it is largest once the
                level no longer rises (Dinkelbach, 1967).
        """
        tp, fp, fn = counted.tp, counted.fp, counted.positives - counted.tp
        precision, recall, gained = ratios(tp, fp, fn)
        if self.name == "micro-f1":
            gained = 2 * tp - level * (tp + fp)
        elif self.name == "precision-at-recall":
            gained = self._reached(precision, recall)
        elif self.name == "cost":
            gained = -self._lost(fp, fn)
        return gained

    def pooled_gain(self, counted: Counted, level: float, weights: np.ndarray) -> np.ndarray:
        """Return the (k, g) gain at each threshold of k mixtures of labels.

        Args:
            counted: cells of l labels over g thresholds.
            level: as for `gain`.
            weights: (k, l), the share of each label in a mixture, rows adding up to 1; where k
                is l, mixture k keeps label k's costs, and where k is 1 each label its own.
        """
        if self.name == "macro-f1" or (self.name == "cost" and len(weights) == 1):
            mean: np.ndarray = weights @ self.gain(counted, level)
            return mean
        return self.gain(counted.mixed(weights), level)

    def score(
        self, tp: np.ndarray, fp: np.ndarray, positives: np.ndarray, among: np.ndarray
    ) -> float:
        """Return one number for (l,) counts; more is better.

        Of macro-F1 it is the mean of the labels `among`, (l,) bool. Of `precision-at-recall` it is
        the macro precision, or less than 0 where the macro recall falls short, over the labels that
        have relevant cells.
        """
        fn = positives - tp
        if self.name == "cost":
            return -float(self._lost(fp[:, None], fn[:, None]).sum())
        if self.name == "micro-f1":
            return float(ratios(tp.sum(), fp.sum(), fn.sum())[2])
        precision, recall, f1 = ratios(tp, fp, fn)
        if self.name == "macro-f1":
            return float(macro_mean(f1, among))
        seen = positives > 0
        if not seen.any():
            return 0.0
        return float(self._reached(precision[seen].mean(), recall[seen].mean()))

    def _lost(self, fp: np.ndarray, fn: np.ndarray) -> np.ndarray:
        """Return the costs of (l, g) wrong cells."""
        prices = (np.reshape(cost, (-1, 1)) for cost in (self.false_positive, self.false_negative))
        lost: np.ndarray = next(prices) * fp + next(prices) * fn
        return lost

    def _reached(self, precision: np.ndarray, recall: np.ndarray) -> np.ndarray:
        """Return the precision; where the recall is too low, what it lacks, below 0."""
        return np.where(recall >= self.recall, precision, recall - 1)
