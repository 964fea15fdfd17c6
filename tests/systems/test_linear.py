"""The linear model against scikit-learn's own one-vs-rest, masks, edges."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import LinearSVC

from clmil.errors import DataError, ModelError
from clmil.systems.linear_model import LinearModel

WORDS = ("apple", "pear", "plum")
RNG = np.random.default_rng(3)
TARGETS = (RNG.random((60, 3)) < 0.4).astype(np.int8)
NOISE = np.array(["so", "it", "goes", "then", "well"])
TEXTS = [" ".join([*np.array(WORDS)[row == 1], *RNG.choice(NOISE, 4)]) for row in TARGETS]


def test_equals_one_vs_rest():
    features = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2))
    machine = LinearSVC(class_weight="balanced", random_state=0)
    reference = OneVsRestClassifier(machine).fit(features.fit_transform(TEXTS), TARGETS)
    model = LinearModel().fit(TEXTS, TARGETS)
    expected = reference.decision_function(features.transform(TEXTS))
    np.testing.assert_allclose(model.decision(TEXTS), expected, atol=1e-5)
    np.testing.assert_array_equal(
        model.predict(TEXTS), reference.predict(features.transform(TEXTS))
    )


def test_learns_words():
    model = LinearModel().fit(TEXTS, TARGETS)
    np.testing.assert_array_equal(
        model.predict(["a pear", "plum and apple"]), [[0, 1, 0], [1, 0, 1]]
    )


def test_probabilities_are_the_sigmoid_and_agree_with_predictions():
    model = LinearModel().fit(TEXTS, TARGETS)
    probabilities = model.predict_proba(TEXTS)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities, 1 / (1 + np.exp(-model.decision(TEXTS))), rtol=1e-5)
    np.testing.assert_array_equal(probabilities > 0.5, model.predict(TEXTS) == 1)


def test_an_unknown_cell_is_masked_for_its_label_alone():
    masked = TARGETS.copy()
    masked[:10, 0] = -1
    known = LinearModel().fit(TEXTS, TARGETS).decision(TEXTS)
    wrong = masked.copy()
    wrong[:10, 0] = 0
    seen = LinearModel().fit(TEXTS, masked).decision(TEXTS)
    np.testing.assert_array_equal(seen[:, 1:], known[:, 1:])
    assert not np.allclose(seen[:, 0], LinearModel().fit(TEXTS, wrong).decision(TEXTS)[:, 0])


def test_a_label_on_all_or_no_documents_is_constant():
    targets = TARGETS.copy()
    targets[:, 0], targets[:, 1] = 1, 0
    predicted = LinearModel().fit(TEXTS, targets).predict(["anything", "pear"])
    np.testing.assert_array_equal(predicted[:, :2], [[1, 0], [1, 0]])


def test_errors():
    with pytest.raises(DataError, match="no text holds a word"):
        LinearModel().fit([" ", "?"], np.array([[1], [0]], dtype=np.int8))
    with pytest.raises(ModelError, match="not been fitted"):
        LinearModel().decision(["x"])
