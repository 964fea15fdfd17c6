"""Settings of LACO's head; imports no torch, so that recipes are read where there is none."""

from typing import Literal

from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt

from clmil.nn.settings import Settings


class LacoSettings(Settings):
    """Cross attention of words and labels, and the second task."""

    conv: Literal["conv2d", "conv1d"] = "conv2d"
    """Filters over words and neighbouring labels (the public code), or over consecutive
    words with a channel a label (the paper's words)."""
    kernel: PositiveInt = 10
    reduction: Literal["mean", "sum_labels"] = "sum_labels"
    task: Literal["none", "pairs", "conditional"] = "none"
    """LACO, LACO with pairwise (PLCP) or with conditional co-occurrence (CLCP)."""
    task_weight: NonNegativeFloat | None = None
    """Weight of the second task's loss; None is 1 for `pairs` and 5 for `conditional`."""
    negatives: PositiveFloat = 2.0
    """Draws of a pair that is apart for each pair that is together (PLCP)."""
    given: PositiveInt = 1
    """Labels that are told (CLCP)."""
