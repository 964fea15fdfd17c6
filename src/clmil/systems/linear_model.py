"""TF-IDF and one linear support vector machine a label: the bar that a network has to pass."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from scipy.special import expit
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from clmil.errors import DataError, ModelError
from clmil.storage.linear import LinearWeights

SEED = 0
"""Of the solver, which visits documents in random order."""

STEPS = 10_000
"""Of the solver at most; rare labels, whose documents weigh much, need more than a thousand."""

MANY = 1000
"""Texts from which on a term has to occur in two of them."""


@dataclass(kw_only=True)
class LinearModel:
    """One-vs-rest linear classifier over words and pairs of words.

    `clmil.systems.linear_tuning` chooses its settings and a decision rule,
    `clmil.storage.linear` saves its `weights`.

    Attributes:
        C: inverse strength of the regularisation.
        pairs: read pairs of words too.
        weights: what was fitted; None before.
    """

    C: float = 1.0
    pairs: bool = True
    weights: LinearWeights | None = field(default=None, repr=False)
    _vectorizer: Any = field(default=None, init=False, repr=False)

    @classmethod
    def of(cls, weights: LinearWeights) -> "LinearModel":
        """Return the model of stored weights."""
        return cls(C=weights.C, pairs=weights.pairs, weights=weights)

    def fit(self, texts: Sequence[str], targets: np.ndarray) -> Self:
        """Learn from texts and (n, l) int8 targets: 1 relevant, 0 not, -1 unknown.

        An unknown cell is left out for its label alone. A label that is relevant everywhere or
        nowhere gets a constant margin.

        Raises:
            DataError: if no text holds a word.
        """
        vectorizer = read_terms(texts, pairs=self.pairs)
        return self.fit_terms(vectorizer, vectorizer.transform(texts), targets)

    def fit_terms(self, vectorizer: TfidfVectorizer, features: Any, targets: np.ndarray) -> Self:
        """Learn from (n, v) sparse features that `read_terms` gave; the rest as in `fit`."""
        weights, bias = fit_machines(features, targets, self.C)
        self.weights = LinearWeights(
            terms=tuple(vectorizer.get_feature_names_out().tolist()),
            pairs=self.pairs,
            inverse_frequency=vectorizer.idf_,
            weights=weights,
            bias=bias,
            C=self.C,
        )
        self._vectorizer = vectorizer
        return self

    def decision(self, texts: Sequence[str]) -> np.ndarray:
        """Return the (n, l) float32 margins; above 0 a label is predicted.

        Raises:
            ModelError: if the model was not fitted.
        """
        if self.weights is None:
            raise ModelError("the linear model has not been fitted; call fit first.")
        if not len(texts):
            return np.zeros((0, len(self.weights.bias)), dtype=np.float32)
        if self._vectorizer is None:
            self._vectorizer = _stored_terms(self.weights)
        margins = self._vectorizer.transform(texts) @ self.weights.weights + self.weights.bias
        return np.asarray(margins, dtype=np.float32)

    def predict_proba(self, texts: Sequence[str]) -> np.ndarray:
        """Return the (n, l) float32 sigmoid of the margins. It ranks, but is not calibrated."""
        probabilities: np.ndarray = expit(self.decision(texts))
        return probabilities

    def predict(self, texts: Sequence[str]) -> np.ndarray:
        """Return the (n, l) int8 indicator of margins above 0."""
        return (self.decision(texts) > 0).astype(np.int8)


def read_terms(texts: Sequence[str], *, pairs: bool) -> TfidfVectorizer:
    """Count the words of texts, and pairs of them.

    Raises:
        DataError: if no text holds a word.
    """
    least = 2 if len(texts) >= MANY else 1
    vectorizer = _vectorizer(pairs, min_df=least)
    try:
        return vectorizer.fit(texts)
    except ValueError as error:
        raise DataError("no text holds a word to learn from; give texts in words.") from error


def fit_machines(features: Any, targets: np.ndarray, C: float) -> tuple[np.ndarray, np.ndarray]:
    """Fit one machine a label, relevant and other documents weighing the same in total.

    Args:
        features: (n, v) sparse.
        targets: (n, l) int8, -1 unknown.
        C: inverse strength of the regularisation.

    Returns:
        (v, l) float32 weights and (l,) float64 biases.
    """
    labels = targets.shape[1]
    weights, bias = np.zeros((features.shape[1], labels), dtype=np.float32), np.zeros(labels)
    for label, column in enumerate(targets.T):
        known = column >= 0
        relevant = column[known] == 1
        if relevant.all() or not relevant.any():
            bias[label] = 1.0 if relevant.any() else -1.0
            continue
        machine = LinearSVC(C=C, class_weight="balanced", random_state=SEED, max_iter=STEPS)
        machine.fit(features[known], relevant)
        weights[:, label], bias[label] = machine.coef_[0], machine.intercept_[0]
    return weights, bias


def _vectorizer(pairs: bool, **more: Any) -> TfidfVectorizer:
    return TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2 if pairs else 1), **more)


def _stored_terms(weights: LinearWeights) -> TfidfVectorizer:
    vectorizer = _vectorizer(weights.pairs, vocabulary=weights.terms)
    vectorizer.idf_ = weights.inverse_frequency
    return vectorizer
