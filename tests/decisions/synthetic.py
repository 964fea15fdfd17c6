"""Documents with rare labels, whose probabilities are wrong in a known way."""

import numpy as np

from clmil.decisions.calibration import sigmoid


def documents(
    number: int,
    seed: int,
    *,
    labels: int = 40,
    slope: float = 1.0,
    shift: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Return (n, l) probabilities and int8 targets; half of the labels are on about 1 in 100.

    The right logits are `slope` times those of the probabilities plus `shift`, plus what is a
    label's own.
    """
    labelwise = np.random.default_rng(7)
    rates = np.where(np.arange(labels) < labels // 2, -2.0, -7.0)
    own = labelwise.normal(0, 0.3, labels)
    rng = np.random.default_rng(seed)
    right = rates + own + rng.normal(0, 2.5, (number, labels))
    targets = (rng.random(right.shape) < sigmoid(right)).astype(np.int8)
    return sigmoid((right - own - shift) / slope).astype(np.float32), targets
