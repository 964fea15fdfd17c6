"""The scikit-learn face."""

import re
import shutil
from copy import copy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from huggingface_hub import ModelCard
from iterstrat.ml_stratifiers import MultilabelStratifiedKFold
from scipy import sparse
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.metrics import accuracy_score
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    cross_val_predict,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MultiLabelBinarizer
from sklearn.utils import get_tags

import clmil
from clmil import TextClassifier
from clmil.errors import ClmilError, DataError, ModelError
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


def test_numbered_columns_of_a_frame_are_those_of_predict() -> None:
    texts = [f"topic{k} about{k} in text {n}" for n in range(12) for k in range(12)]
    matrix = np.tile(np.eye(12, dtype=int), (12, 1))
    linear = TextClassifier(system="linear", overrides=["linear.folds=2"])
    frame = pd.DataFrame(matrix)
    fitted = clone(linear).fit(texts, frame)
    assert fitted.classes_.tolist() == [f"{k:02d}" for k in range(12)]
    np.testing.assert_array_equal(fitted.predict(texts), matrix)
    assert fitted.score(texts, frame) == fitted.score(texts, matrix) == 1
    parts = KFold(2).split(texts)
    assert cross_val_score(linear, texts, frame, scoring="f1_micro", cv=parts).min() > 0.9


def test_an_arrow_table_names_its_labels_in_any_order() -> None:
    texts = [f"topic{k} about{k} in text {n}" for n in range(8) for k in range(3)]
    frame = pd.DataFrame(np.tile(np.eye(3, dtype=int), (8, 1)), columns=["c", "a", "b"])
    linear = TextClassifier(system="linear", overrides=["linear.folds=2"])
    fitted = linear.fit(texts, pa.Table.from_pandas(frame))
    assert fitted.classes_.tolist() == ["a", "b", "c"]
    for columns in (["a", "b", "c"], ["b", "c", "a"]):
        assert fitted.score(texts, pa.Table.from_pandas(frame[columns])) == 1


def test_validation_may_lack_a_label_but_no_column() -> None:
    texts = [f"topic{k} about{k} in text {n}" for n in range(8) for k in range(3)]
    matrix = np.tile(np.eye(3, dtype=int), (8, 1))
    linear = TextClassifier(system="linear", overrides=["linear.folds=2"])
    some = slice(0, None, 3)
    assert not matrix[some, 1:].any()
    fitted = linear.fit(texts, matrix, validation=(texts[some], matrix[some]))
    assert fitted.score(texts, matrix) == 1
    with pytest.raises(DataError, match="validation has 2 columns, but there are 3 labels"):
        linear.fit(texts, matrix, validation=(texts[some], matrix[some, 1:]))


def test_clone_and_parameters() -> None:
    classifier = TextClassifier(system="dil", random_state=3)
    assert clone(classifier).get_params() == classifier.get_params()
    with pytest.raises(ValueError, match="Invalid parameter"):
        classifier.set_params(nonsense=1)


def test_score_is_subset_accuracy_in_every_form_of_y(fitted: TextClassifier) -> None:
    texts, labels = toy_documents(30, 9)
    predicted = fitted.predict(texts)
    names = fitted.classes_.tolist()
    matrix = np.array([[int(name in row) for name in names] for row in labels])
    expected = accuracy_score(matrix, predicted)
    assert 0 < expected < 1
    backwards = pd.DataFrame(matrix, columns=names)[names[::-1]]
    for y in (labels, matrix, sparse.csr_matrix(matrix), matrix.tolist(), backwards):
        assert fitted.score(texts, y) == pytest.approx(expected)
    weights = np.arange(30)
    assert fitted.score(texts, matrix, sample_weight=weights) == pytest.approx(
        accuracy_score(matrix, predicted, sample_weight=weights)
    )


def test_score_leaves_out_what_is_unknown(fitted: TextClassifier) -> None:
    texts = toy_documents(4, 9)[0]
    own = fitted.predict_labels(texts)
    assert fitted.score(texts, own) == 1
    assert fitted.score(texts, [*own[:3], None]) == 1
    assert fitted.score(texts, [*own[:3], [*own[3], "never seen"]]) == 0.75
    matrix = fitted.predict(texts)
    wrong = matrix.copy()
    wrong[0, 0] = 1 - wrong[0, 0]
    assert fitted.score(texts, wrong) == 0.75
    wrong[0, 0] = -1
    assert fitted.score(texts, wrong) == 1
    named = pd.DataFrame(matrix, columns=fitted.classes_)
    with pytest.raises(DataError, match="no column for the label 'rare'"):
        fitted.score(texts, named.drop(columns="rare"))
    foreign = pd.DataFrame(matrix, columns=fitted.classes_).assign(foreign=[0, 0, 1, 0])
    assert fitted.score(texts, foreign) == 0.75
    with pytest.raises(DataError, match="y has 3 columns, but there are 4 labels"):
        fitted.score(texts, matrix[:, :3])
    with pytest.raises(DataError, match="4 texts, but 3 rows of labels; give"):
        fitted.score(texts, own[:3])
    for weights in ([1, 2], 3):
        with pytest.raises(DataError, match=r"sample_weight has the shape \(.*4 texts"):
            fitted.score(texts, own, sample_weight=weights)
    with pytest.raises(DataError, match="sample_weight holds what is no number"):
        fitted.score(texts, own, sample_weight=["a"] * 4)
    with pytest.raises(DataError, match="y\\[0\\] is 'a', no list"):
        fitted.score(texts, ["a", "b", "c", "d"])


def test_searches_and_cross_validation(settings: dict[str, object]) -> None:
    texts, lists = toy_documents(60, 0)
    matrix = MultiLabelBinarizer().fit_transform(lists)
    quick = TextClassifier(**settings | {"overrides": (*FAST, "training.epochs=1")})
    quick.set_params(system="bert")
    folds = MultilabelStratifiedKFold(2, shuffle=True, random_state=0)
    parts = list(folds.split(texts, matrix))
    scoring = ["f1_micro", "f1_macro", "accuracy"]
    scores = cross_validate(quick, texts, matrix, cv=parts, scoring=scoring)
    assert all(np.isfinite(scores[f"test_{name}"]).all() for name in scoring)
    grid = GridSearchCV(quick, {"threshold": [0.1, 0.9]}, cv=parts, scoring="f1_micro")
    assert grid.fit(texts, matrix).best_params_ == {"threshold": 0.1}
    assert grid.predict(texts).shape == grid.predict_proba(texts).shape == (60, 4)
    out_of_fold = cross_val_predict(quick, texts, matrix, cv=parts, method="predict_proba")
    assert out_of_fold.shape == (60, 4)
    one = clone(quick).fit([texts[k] for k in parts[0][0]], matrix[parts[0][0]])
    held_out = [texts[k] for k in parts[0][1]]
    np.testing.assert_array_equal(out_of_fold[parts[0][1]], one.predict_proba(held_out))


def test_label_lists_cross_validate_with_a_splitter(settings: dict[str, object]) -> None:
    texts, lists = toy_documents(60, 0)
    quick = TextClassifier(**settings | {"overrides": (*FAST, "training.epochs=1")})
    pipeline = Pipeline([("classifier", quick.set_params(system="bert", threshold=0.3))])
    scores = cross_validate(pipeline, texts, lists, cv=KFold(2), error_score="raise")
    assert ((scores["test_score"] >= 0) & (scores["test_score"] <= 1)).all()


def test_frames_and_sparse_matrices_are_searched_alike(settings: dict[str, object]) -> None:
    texts, lists = toy_documents(60, 0)
    names = ["fruit", "metal", "rare", "sea"]
    frame = pd.DataFrame([[int(name in row) for name in names] for row in lists], columns=names)
    quick = TextClassifier(**settings | {"overrides": (*FAST, "training.epochs=1")})
    steps = Pipeline([("classifier", quick.set_params(system="bert"))])
    grid = {"classifier__threshold": [0.2, 0.8]}
    found = []
    for X, y in (
        (pd.Series(texts, index=range(5, 65)), frame.set_index(pd.RangeIndex(5, 65))),
        (np.array(texts, dtype=object), sparse.csr_matrix(frame.to_numpy())),
    ):
        search = GridSearchCV(clone(steps), grid, cv=KFold(2), scoring="f1_micro", refit=False)
        found.append(search.fit(X, y).cv_results_["mean_test_score"])
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(found[0], found[1])


def test_a_threshold_replaces_the_models_own_and_is_saved(
    fitted: TextClassifier, tmp_path: Path
) -> None:
    texts = toy_documents(20, 3)[0]
    strict = copy(fitted).set_params(threshold=0.9)
    np.testing.assert_array_equal(strict.predict(texts), fitted.predict_proba(texts) > 0.9)
    strict.save(tmp_path / "strict")
    again = clmil.load(tmp_path / "strict")
    np.testing.assert_array_equal(again.predict(texts), strict.predict(texts))
    card = (tmp_path / "strict" / "README.md").read_text()
    assert "above a probability of 0.9; it was fixed" in card


def test_tags_say_text_and_many_labels() -> None:
    tags = get_tags(TextClassifier())
    assert is_classifier(TextClassifier())
    assert (tags.input_tags.string, tags.input_tags.two_d_array) == (True, False)
    assert tags.classifier_tags.multi_label
    assert not tags.classifier_tags.multi_class
    assert (tags.target_tags.multi_output, tags.target_tags.single_output) == (True, False)
    assert tags.target_tags.required


def test_to_the_hub_and_back(
    fitted: TextClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "hub" / ("0" * 40)

    def push_model(folder: Path, repository: str, *, private: bool, revision: str | None) -> str:
        shutil.copytree(folder, kept)
        return f"{repository} {private} {revision}"

    monkeypatch.setattr("clmil.storage.hub.push_model", push_model)
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda name, **how: str(kept))
    monkeypatch.chdir(tmp_path)
    assert fitted.push_to_hub("owner/name", private=True) == "owner/name True None"
    texts = toy_documents(5, 3)[0]
    again = clmil.load("owner/name@main")
    np.testing.assert_array_equal(again.predict_proba(texts), fitted.predict_proba(texts))
    card = ModelCard.load(kept / "README.md")
    assert card.data.library_name == "clmil"
    assert re.search(r"as far as they are read: \d+ \(median\), \d+ \(95 %", card.text)
    assert "probability of 0.5; it was fixed" in card.text


def test_what_is_refused(fitted: TextClassifier) -> None:
    with pytest.raises(NotFittedError):
        TextClassifier().predict(["a"])
    with pytest.raises(DataError, match="single string"):
        fitted.predict("a text")
    with pytest.raises(DataError):
        TextClassifier().fit("a text", ["a"])
    with pytest.raises(DataError):
        TextClassifier().fit(["a", "b"], [["x"]])
    with pytest.raises(DataError, match="labels is a single string"):
        fitted.explain(["a"], labels="fruit")


TEXTS, LABELS = ["a", "b", "c"], [["x"], ["y"], []]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"validation": TEXTS}, r"give validation=\(texts, labels\)"),
        ({"validation": 3}, r"give validation=\(texts, labels\)"),
        ({"descriptions": {"x": 3}}, "the description of 'x' is 3; give a sentence"),
        ({"descriptions": ["x"]}, "descriptions is a list; give a mapping"),
        ({"descriptions": {"z": "of what"}}, "no text carries the label 'z'"),
        ({"y": LABELS[:2]}, "3 texts, but 2 label lists; give as many of each"),
        ({"y": ["x", "y", "x"]}, r"y\[0\] is 'x', no list of label names"),
        ({"X": set(TEXTS)}, "X is a set"),
    ],
)
def test_what_fit_refuses_in_a_sentence(given: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError, match=said):
        TextClassifier(system="linear").fit(**{"X": TEXTS, "y": LABELS} | given)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"threshold": "a"}, "the threshold is 'a'; give a number from 0 to 1"),
        ({"threshold": 7}, "the threshold is 7; give a number"),
        ({"threshold": True}, "the threshold is True; give a number"),
        ({"random_state": True}, "random_state is True; give an integer"),
        ({"random_state": 1.5}, "random_state is 1.5; give an integer"),
        ({"system": None}, "there is no system None; known are cl-mil"),
        ({"overrides": "linear.folds=2"}, "overrides is 'linear.folds=2'; give a list"),
        ({"overrides": None}, "overrides is None; give a list"),
        ({"overrides": ["linear.folds"]}, "the setting linear.folds has no `=`"),
        ({"recipe": 3}, "the recipe 3 cannot be read"),
        ({"from_model": 3}, "from_model is 3; give the path of a folder"),
        ({"output": 3}, "the output is 3; give the path of a folder"),
        ({"output": Path(__file__).parent}, r"the folder .*tests exists; choose another one\.$"),
    ],
)
def test_settings_that_are_refused_in_a_sentence(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ClmilError, match=said):
        TextClassifier(**{"system": "linear", **settings}).fit(TEXTS, LABELS)


def test_a_threshold_that_is_none_is_told_when_it_is_set_later(fitted: TextClassifier) -> None:
    with pytest.raises(DataError, match="the threshold is 'a'"):
        copy(fitted).set_params(threshold="a").predict(["a"])


def test_a_file_is_no_folder_of_a_model() -> None:
    with pytest.raises(
        ModelError, match=r"test_estimator.py is a file; give the folder of a model"
    ):
        clmil.load(__file__)


def test_a_loaded_model_is_trained_again_as_it_was(fitted: TextClassifier, tmp_path: Path) -> None:
    fitted.save(tmp_path / "model")
    again = clone(clmil.load(tmp_path / "model"))
    assert again.get_params()["recipe"] == str(tmp_path / "model" / "recipe.yaml")
    assert again._recipe(None).plain() == fitted.predictor_.recipe


@pytest.mark.parametrize("folder", [None, 3, []])
def test_what_is_no_path_is_not_loaded(folder: Any) -> None:
    with pytest.raises(ModelError, match=r"the model is .*; give the path of a folder"):
        clmil.load(folder)


def test_the_face_is_lazy() -> None:
    import subprocess
    import sys

    code = "import sys, clmil; sys.exit(any(m in sys.modules for m in ('torch', 'numpy')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert clmil.__version__
    with pytest.raises(AttributeError):
        _ = clmil.nonsense
