"""The scikit-learn face."""

from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import clmil
from clmil import TextClassifier
from clmil.errors import DataError, ModelError
from tests.tiny import FAST, save_encoder, toy_documents


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    encoder = save_encoder(tmp_path_factory.mktemp("encoder"))
    return {"encoder": encoder, "overrides": (*FAST, "training.epochs=8"), "system": "mil"}


@pytest.fixture(scope="module")
def fitted(settings: dict[str, object]) -> TextClassifier:
    return TextClassifier(**settings).fit(*toy_documents(120, 0))


def test_fit_predict_and_columns(fitted: TextClassifier) -> None:
    texts, labels = toy_documents(60, 9)
    probabilities = fitted.predict_proba(texts)
    assert fitted.classes_.tolist() == ["fruit", "metal", "rare", "sea"]
    assert probabilities.shape == (60, 4)
    assert probabilities.dtype == np.float32
    indicator = fitted.predict(texts)
    assert indicator.dtype == np.int8
    np.testing.assert_array_equal(indicator, probabilities > 0.5)
    truth = np.array([[name in row for name in fitted.classes_] for row in labels])
    assert (indicator == truth).mean() > 0.8


def test_labels_come_most_probable_first(fitted: TextClassifier) -> None:
    texts = toy_documents(30, 4)[0]
    probabilities = fitted.predict_proba(texts)
    for row, labels in zip(probabilities, fitted.predict_labels(texts), strict=True):
        columns = [fitted.classes_.tolist().index(label) for label in labels]
        assert sorted(columns) == np.flatnonzero(row > 0.5).tolist()
        assert list(row[columns]) == sorted(row[columns], reverse=True)


def test_save_and_load_are_equal_bit_for_bit(fitted: TextClassifier, tmp_path: Path) -> None:
    texts = toy_documents(20, 2)[0]
    fitted.save(tmp_path / "model")
    again = clmil.load(tmp_path / "model")
    np.testing.assert_array_equal(fitted.predict_proba(texts), again.predict_proba(texts))
    assert again.classes_.tolist() == fitted.classes_.tolist()
    with pytest.raises(ModelError, match="exists"):
        fitted.save(tmp_path / "model")


def test_matrices_dense_and_sparse_name_their_columns(settings: dict[str, object]) -> None:
    texts, labels = toy_documents(60, 0)
    matrix = np.array([["fruit" in row, "metal" in row] for row in labels]).astype(int)
    quick = settings | {"overrides": (*FAST, "training.epochs=1"), "system": "bert"}
    dense = TextClassifier(**quick).fit(texts, matrix)
    scarce = TextClassifier(**quick).fit(texts, sparse.csr_matrix(matrix))
    assert dense.classes_.tolist() == ["0", "1"]
    np.testing.assert_array_equal(dense.predict_proba(texts), scarce.predict_proba(texts))


def test_clone_and_parameters() -> None:
    classifier = TextClassifier(system="dil", random_state=3)
    assert clone(classifier).get_params() == classifier.get_params()
    with pytest.raises(ValueError, match="Invalid parameter"):
        classifier.set_params(nonsense=1)


def test_what_is_refused(fitted: TextClassifier) -> None:
    with pytest.raises(NotFittedError):
        TextClassifier().predict(["a"])
    with pytest.raises(DataError, match="single string"):
        fitted.predict("a text")
    with pytest.raises(DataError):
        TextClassifier().fit("a text", ["a"])
    with pytest.raises(DataError):
        TextClassifier().fit(["a", "b"], [["x"]])


def test_the_face_is_lazy() -> None:
    import subprocess
    import sys

    code = "import sys, clmil; sys.exit(any(m in sys.modules for m in ('torch', 'numpy')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert clmil.__version__
    with pytest.raises(AttributeError):
        _ = clmil.nonsense
