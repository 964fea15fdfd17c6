"""The decision rule of a model: calibration, thresholds, and what to do with an empty text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from clmil.decisions.calibration import Calibration, calibration_from_json
from clmil.errors import DataError, ModelError


@dataclass(frozen=True, kw_only=True, eq=False)
class DecisionRule:
    """From a network's probabilities to predicted labels.

    Attributes:
        thresholds: (l,) float64 in [0, 1]; a label is predicted when its calibrated probability
            is greater.
        calibration: from the network's probabilities to calibrated ones; None leaves them.
        never_empty: give a text with no label over its threshold the label that comes nearest
            (the largest difference of probability and threshold).
        refer_above: labels that may be wrong in expectation before a person has to see a text
            (`clmil.decisions.referral`); None: no text is left to a person.
        chosen: how the rule was found, as plain values; empty for thresholds set by hand.

    Raises:
        DataError: if a threshold is not a number in [0, 1].
    """

    thresholds: np.ndarray
    calibration: Calibration | None = None
    never_empty: bool = False
    refer_above: float | None = None
    chosen: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        given = np.asarray(self.thresholds, dtype=np.float64)
        outside = given[~((given >= 0) & (given <= 1))]
        if outside.size:
            raise DataError(f"the threshold {outside[0]:g} is not between 0 and 1.")
        object.__setattr__(self, "thresholds", given)

    @classmethod
    def fixed(cls, labels: int, at: float = 0.5) -> "DecisionRule":
        """Return the rule with one threshold for all labels and no calibration."""
        return cls(thresholds=np.full(labels, at))

    def with_thresholds(self, thresholds: float | np.ndarray) -> "DecisionRule":
        """Return the rule with other thresholds, set by hand; one number serves all labels."""
        values = np.broadcast_to(np.float64(thresholds), self.thresholds.shape)
        return replace(self, thresholds=values, chosen={})

    def calibrate(self, raw: np.ndarray) -> np.ndarray:
        """Return the (n, l) float32 calibrated probabilities of the network's own."""
        if self.calibration is None:
            return np.asarray(raw, dtype=np.float32)
        return self.calibration.apply(raw)

    def decide(self, probabilities: np.ndarray) -> np.ndarray:
        """Return the (n, l) int8 indicator of the predicted labels.

        Args:
            probabilities: (n, l), calibrated.
        """
        given = np.asarray(probabilities)
        at = self.thresholds.astype(given.dtype)  # 0.3 in fp32 is not over 0.3
        decided = (given > at).astype(np.int8)
        if self.never_empty and given.shape[1]:
            empty = np.flatnonzero(~decided.any(axis=1))
            decided[empty, (given[empty] - at).argmax(axis=1)] = 1
        return decided

    def to_json(self, names: Sequence[str]) -> dict[str, Any]:
        """Return plain values for `labels.json`; numbers are kept exactly."""
        return {
            "thresholds": dict(zip(names, self.thresholds.tolist(), strict=True)),
            "calibration": None if self.calibration is None else self.calibration.to_json(names),
            "never_empty": self.never_empty,
            **({} if self.refer_above is None else {"refer_above": self.refer_above}),
            "chosen": self.chosen,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any], names: Sequence[str]) -> "DecisionRule":
        """Read what `to_json` wrote.

        Raises:
            ModelError: if a label has no threshold, or a value is not what it should be.
        """
        try:
            stored, limit = values.get("calibration"), values.get("refer_above")
            return cls(
                thresholds=np.array([float(values["thresholds"][name]) for name in names]),
                calibration=None if stored is None else calibration_from_json(stored, names),
                never_empty=bool(values.get("never_empty", False)),
                refer_above=None if limit is None else float(limit),
                chosen=dict(values.get("chosen", {})),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ModelError(
                f"the decisions in labels.json of the model are damaged ({_fault(error)}); "
                "choose them again with `clmil decide MODEL DATA`."
            ) from error


def _fault(error: Exception) -> str:
    """Return what is wrong with a value in words."""
    if isinstance(error, KeyError):
        return f"{error.args[0]!r} is missing"
    if isinstance(error, DataError):
        return str(error).rstrip(".")
    return "a value is of another kind than it should be"
