"""What a system says of texts, before any rule decides."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clmil.decisions.rule import DecisionRule


@dataclass(frozen=True, kw_only=True, eq=False)
class Answers:
    """Probabilities of n texts, and label sets of systems that write these themselves.

    Attributes:
        probabilities: (n, l) float32, not calibrated.
        sets: (n, l) int8, 1 for the labels of a text; None: a decision rule decides.
    """

    probabilities: np.ndarray
    sets: np.ndarray | None = None

    @classmethod
    def joined(cls, parts: "Sequence[Answers]") -> "Answers":
        """Return the answers on all texts of one system, part after part; at least one part."""
        sets = [part.sets for part in parts if part.sets is not None]
        return cls(
            probabilities=np.concatenate([part.probabilities for part in parts]),
            sets=np.concatenate(sets) if sets else None,
        )

    def decided(self, rule: DecisionRule) -> np.ndarray:
        """Return the (n, l) int8 predicted labels: the system's own sets, or what a rule decides.

        Args:
            rule: for a system that writes no sets.
        """
        return rule.decide(rule.calibrate(self.probabilities)) if self.sets is None else self.sets
