"""What a comparison comes to: the candidates, and on what they were judged."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from clmil.labels.space import LabelSpace


@dataclass(frozen=True, kw_only=True, eq=False)
class Candidate:
    """A trained system.

    Attributes:
        system: its name.
        folder: of the model.
        predictions: (n, l) int8 on validation, at cross-fitted thresholds.
        train_seconds: of the whole run.
        documents_per_second: in prediction, fp32, tokenisation included.
        megabytes: of the folder.
        shortened: whether it had fewer steps than its recipe asks for.
        stopped: whether it was ended before the steps that were planned.
        epochs: of the last stage; None for a system without epochs.
    """

    system: str
    folder: Path
    predictions: np.ndarray
    train_seconds: float
    documents_per_second: float
    megabytes: float
    shortened: bool = False
    stopped: bool = False
    epochs: float | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Contest:
    """The candidates on the (n, l) int8 targets of the validation part, -1 unknown."""

    space: LabelSpace
    targets: np.ndarray
    candidates: tuple[Candidate, ...]
    failures: dict[str, str]
