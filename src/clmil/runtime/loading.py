"""A model on its way to other processes, and predictors as functions of texts."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from clmil.decisions.rule import DecisionRule
from clmil.runtime.files import Predict


@dataclass(frozen=True, kw_only=True)
class Loading:
    """How a process loads a model: what `Predictor.load` and `with_rule` take."""

    model: Path
    precision: str
    rule: DecisionRule
    batch_size: int = 32

    def predict(self) -> Predict:
        """Load the model and return what predicts texts with it."""
        from clmil.runtime.predictor import Predictor

        predictor = Predictor.load(self.model, precision=self.precision)
        if not predictor.decides:
            predictor = predictor.with_rule(self.rule)
        return deciding(predictor, self.batch_size)


def deciding(predictor: Any, batch_size: int) -> Predict:
    """Return what turns texts into a predictor's probabilities and decided labels."""

    def predict(texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
        predicted = predictor.predict(texts, batch_size=batch_size)
        return predicted.probabilities, predicted.decided

    return predict
