"""TF-IDF and one linear support vector machine a label: the bar that a network has to pass."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from scipy.special import expit
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from clmil.errors import DataError, ModelError

SEED = 0
"""Of the solver, which visits documents in random order."""


@dataclass(kw_only=True)
class LinearModel:
    """One-vs-rest linear classifier over words and pairs of words, in memory only.

    Attributes:
        C: inverse strength of the regularisation.
    """

    C: float = 1.0
    _vectorizer: Any = field(default=None, init=False, repr=False)
    _weights: np.ndarray | None = field(default=None, init=False, repr=False)
    _bias: np.ndarray | None = field(default=None, init=False, repr=False)

    def fit(self, texts: Sequence[str], targets: np.ndarray) -> Self:
        """Learn from texts and (n, l) int8 targets: 1 relevant, 0 not, -1 unknown.

        An unknown cell is left out for its label alone. A label that is relevant everywhere or
        nowhere gets a constant margin.

        Raises:
            DataError: if no text holds a word.
        """
        self._vectorizer = TfidfVectorizer(
            sublinear_tf=True, ngram_range=(1, 2), min_df=2 if len(texts) >= 1000 else 1
        )
        try:
            features = self._vectorizer.fit_transform(texts)
        except ValueError as error:
            raise DataError("no text holds a word to learn from; give texts in words.") from error
        labels = targets.shape[1]
        self._weights, self._bias = np.zeros((labels, features.shape[1])), np.zeros(labels)
        for label, column in enumerate(targets.T):
            known = column >= 0
            relevant = column[known] == 1
            if relevant.all() or not relevant.any():
                self._bias[label] = 1.0 if relevant.any() else -1.0
                continue
            machine = LinearSVC(C=self.C, class_weight="balanced", random_state=SEED)
            machine.fit(features[known], relevant)
            self._weights[label], self._bias[label] = machine.coef_[0], machine.intercept_[0]
        return self

    def decision(self, texts: Sequence[str]) -> np.ndarray:
        """Return the (n, l) float32 margins; above 0 a label is predicted.

        Raises:
            ModelError: if the model was not fitted.
        """
        if self._weights is None or self._bias is None:
            raise ModelError("the linear model has not been fitted; call fit first.")
        margins = self._vectorizer.transform(texts) @ self._weights.T + self._bias
        return np.asarray(margins, dtype=np.float32)

    def predict_proba(self, texts: Sequence[str]) -> np.ndarray:
        """Return the (n, l) float32 sigmoid of the margins. It ranks, but is not calibrated."""
        probabilities: np.ndarray = expit(self.decision(texts))
        return probabilities

    def predict(self, texts: Sequence[str]) -> np.ndarray:
        """Return the (n, l) int8 indicator of margins above 0."""
        return (self.decision(texts) > 0).astype(np.int8)
