"""Every check of scikit-learn's estimator suite: run, twinned with texts, or not applicable.

The suite draws numbers, so that scikit-learn itself skips estimators whose input is text. `TABLE`
names each check that it would make for this estimator; the twins below make the same demand of
texts.
"""

import inspect
import pickle
import warnings
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import sklearn
from datasets import Dataset
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks
from sklearn.utils.validation import check_is_fitted

from clmil import TextClassifier
from clmil.errors import DataError
from clmil.training import run
from tests.tiny import FAST, save_encoder, toy_documents

PINNED = "1.9.1"
"""The version whose checks the table names."""

NO_FEATURES = "a text has no features to count"
TABLE: dict[str, str] = {
    "check_array_api_input": "not applicable: texts live in no array namespace",
    "check_classifier_data_not_an_array": "test_every_kind_of_sequence",
    "check_classifier_multioutput": "test_the_forms_of_output",
    "check_classifier_not_supporting_multiclass": "test_other_targets_are_refused",
    "check_classifiers_classes": "test_classes_are_the_sorted_names",
    "check_classifiers_multilabel_output_format_decision_function": (
        "not applicable: there is no decision_function"
    ),
    "check_classifiers_multilabel_output_format_predict": "test_the_forms_of_output",
    "check_classifiers_multilabel_output_format_predict_proba": "test_the_forms_of_output",
    "check_classifiers_multilabel_representation_invariance": "test_the_forms_of_y_are_one",
    "check_classifiers_one_label": "test_one_label_alone_is_refused",
    "check_classifiers_one_label_sample_weights": "not applicable: fit takes no weights",
    "check_classifiers_regression_target": "test_other_targets_are_refused",
    "check_classifiers_train": "test_it_learns",
    "check_classifiers_train(X_dtype=float32, readonly_memmap=True)": "test_read_only_input",
    "check_classifiers_train(readonly_memmap=True)": "test_read_only_input",
    "check_complex_data": "test_what_is_no_text_is_refused",
    "check_decision_proba_consistency": "not applicable: there is no decision_function",
    "check_dict_unchanged": "test_predicting_changes_nothing",
    "check_do_not_raise_errors_in_init_or_set_params": "run",
    "check_dont_overwrite_parameters": "test_fit_leaves_parameters_alone",
    "check_dtype_object": "test_every_kind_of_sequence",
    "check_estimator_cloneable": "run",
    "check_estimator_repr": "run",
    "check_estimator_sparse_array": "test_sparse_input_is_refused",
    "check_estimator_sparse_matrix": "run",
    "check_estimator_sparse_tag": "run",
    "check_estimator_tags_renamed": "run",
    "check_estimators_dtypes": "test_every_kind_of_sequence",
    "check_estimators_empty_data_messages": "test_no_texts",
    "check_estimators_fit_returns_self": "test_fit_returns_self",
    "check_estimators_nan_inf": "test_what_is_no_text_is_refused",
    "check_estimators_overwrite_params": "test_fit_leaves_parameters_alone",
    "check_estimators_partial_fit_n_features": "not applicable: there is no partial_fit",
    "check_estimators_pickle": "test_copies_predict_the_same",
    "check_estimators_pickle(readonly_memmap=True)": "test_copies_predict_the_same",
    "check_estimators_unfitted": "run",
    "check_f_contiguous_array_estimator": "test_every_kind_of_sequence",
    "check_fit1d": "not applicable: one dimension is the shape of X",
    "check_fit2d_1feature": f"not applicable: {NO_FEATURES}",
    "check_fit2d_1sample": "test_one_text",
    "check_fit2d_predict1d": "test_what_is_no_text_is_refused",
    "check_fit_check_is_fitted": "test_fitted_only_once_fitted",
    "check_fit_idempotent": "test_fit_is_idempotent",
    "check_fit_score_takes_y": "test_fit_and_score_take_y",
    "check_get_params_invariance": "run",
    "check_methods_sample_order_invariance": "test_the_order_of_texts_does_not_matter",
    "check_methods_subset_invariance": "test_a_text_alone_gets_the_same",
    "check_mixin_order": "run",
    "check_n_features_in": f"not applicable: {NO_FEATURES}",
    "check_n_features_in_after_fitting": f"not applicable: {NO_FEATURES}",
    "check_no_attributes_set_in_init": "run",
    "check_non_transformer_estimators_n_iter": "not applicable: there is no max_iter",
    "check_parameters_default_constructible": "run",
    "check_pipeline_consistency": "test_a_pipeline_gives_the_same",
    "check_positive_only_tag_during_fit": "not applicable: texts have no sign",
    "check_readonly_memmap_input": "test_read_only_input",
    "check_requires_y_none": "test_other_targets_are_refused",
    "check_set_params": "run",
    "check_supervised_y_no_nan": "test_other_targets_are_refused",
    "check_valid_tag_types": "run",
}


class TakesNumbers(TextClassifier):
    """Says that it takes numbers, so that scikit-learn names its checks."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        return tags


def name_of(check: Any) -> str:
    """Return a check's name, with those arguments that change what it demands."""
    bound = getattr(check, "keywords", {})
    chosen = {key: bound[key] for key in ("X_dtype", "readonly_memmap") if key in bound}
    said = ", ".join(f"{key}={value}" for key, value in chosen.items())
    name: str = getattr(check, "func", check).__name__
    return f"{name}({said})" if said else name


def named_checks() -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = list(estimator_checks._yield_all_checks(TakesNumbers(), legacy=True))
    checks = [estimator_checks.check_estimator_cloneable, *found]
    return {name_of(check): check for check in checks}


NUMBERS = tuple(int(part) for part in sklearn.__version__.split(".")[:2])
OLDER = tuple(map(int, PINNED.split(".")[:2])) > NUMBERS
pinned = pytest.mark.skipif(OLDER, reason=f"names the checks of {PINNED} and later")


@pinned
def test_the_table_names_every_check() -> None:
    """A check that a new version brings, or takes away, has to be answered here."""
    found = set(named_checks())
    assert sorted(found - set(TABLE)) == []
    assert sorted(set(TABLE) - found) == []


def test_every_twin_exists_and_is_collected() -> None:
    reasons = {"run"} | {entry for entry in TABLE.values() if entry.startswith("not applicable: ")}
    for twin in set(TABLE.values()) - reasons:
        assert twin.startswith("test_")
        assert inspect.isfunction(globals()[twin])
        marks = getattr(globals()[twin], "pytestmark", [])
        assert not {mark.name for mark in marks} & {"skip", "skipif", "xfail", "slow"}


@pinned
@pytest.mark.parametrize("name", sorted(name for name, entry in TABLE.items() if entry == "run"))
def test_scikit_learns_own(name: str) -> None:
    assert named_checks()[name]("TextClassifier", TextClassifier()) is None


def test_scikit_learn_skips_text_by_itself() -> None:
    with pytest.warns(match="Can't test estimator"):
        assert list(estimator_checks._yield_all_checks(TextClassifier(), legacy=True)) == []


# The twins.

TEXTS, LABELS = toy_documents(80, 0)
NEW = toy_documents(30, 5)[0]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    encoder = save_encoder(tmp_path_factory.mktemp("encoder"))
    return {"encoder": encoder, "system": "bert", "overrides": (*FAST, "training.epochs=2")}


@pytest.fixture(scope="module")
def fitted(settings: dict[str, Any]) -> TextClassifier:
    return TextClassifier(**settings).fit(TEXTS, LABELS)


@pytest.fixture
def learnt(monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any]) -> Any:
    """Return what `fit` hands to training, which is not run."""

    class HandedOverError(Exception):
        pass

    def train(corpus: Any, *more: Any, **how: Any) -> None:
        raise HandedOverError(corpus)

    def hand_over(X: Any, y: Any) -> dict[str, Any]:
        with pytest.raises(HandedOverError) as caught:
            TextClassifier(**settings).fit(X, y)
        return dict(caught.value.args[0].train.to_dict())

    monkeypatch.setattr(run, "train", train)
    return hand_over


def indicator(lists: list[list[str]], names: list[str]) -> np.ndarray:
    return np.array([[int(name in row) for name in names] for row in lists])


class NotAnArray:
    """Has `__array__` and nothing else."""

    def __init__(self, data: Any) -> None:
        self.data = np.asarray(data)

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return self.data


def test_fit_and_score_take_y() -> None:
    for method in (TextClassifier.fit, TextClassifier.score):
        assert list(inspect.signature(method).parameters)[1:3] == ["X", "y"]


def test_fit_returns_self(settings: dict[str, Any]) -> None:
    classifier = TextClassifier(**settings)
    assert classifier.fit(TEXTS, LABELS) is classifier


def test_fit_leaves_parameters_alone(settings: dict[str, Any], fitted: TextClassifier) -> None:
    untouched = TextClassifier(**settings)
    assert fitted.get_params() == untouched.get_params()
    assert fitted.overrides is settings["overrides"]
    added = set(vars(fitted)) - set(vars(untouched))
    assert "predictor_" in added
    assert all(name.endswith("_") or name.startswith("_") for name in added)


def test_fit_is_idempotent(settings: dict[str, Any], fitted: TextClassifier) -> None:
    before = fitted.predict_proba(NEW)
    again = clone(fitted).fit(TEXTS, LABELS).fit(TEXTS, LABELS)
    np.testing.assert_array_equal(again.predict_proba(NEW), before)


def test_fitted_only_once_fitted(fitted: TextClassifier) -> None:
    check_is_fitted(fitted)
    with pytest.raises(NotFittedError):
        check_is_fitted(clone(fitted))
    for method in ("predict", "predict_proba", "predict_labels"):
        with pytest.raises(NotFittedError):
            getattr(TextClassifier(), method)(NEW)
    with pytest.raises(NotFittedError):
        TextClassifier().score(TEXTS, LABELS)
    with pytest.raises(NotFittedError):
        TextClassifier().save("anywhere")


def test_it_learns(fitted: TextClassifier) -> None:
    truth = indicator(LABELS, fitted.classes_.tolist())
    probabilities = fitted.predict_proba(TEXTS)
    assert probabilities[truth == 1].mean() > probabilities[truth == 0].mean() + 0.05
    np.testing.assert_array_equal(fitted.predict(TEXTS) == 1, probabilities > _at(fitted))
    with pytest.raises(DataError, match="79 texts, but 80 label lists"):
        clone(fitted).fit(TEXTS[1:], LABELS)


def _at(classifier: TextClassifier) -> np.ndarray:
    names = classifier.predictor_.space.names
    own = dict(zip(names, classifier.predictor_.rule.thresholds, strict=True))
    return np.array([own[name] for name in classifier.classes_], dtype=np.float32)


def test_the_forms_of_output(fitted: TextClassifier) -> None:
    predicted, probabilities = fitted.predict(NEW), fitted.predict_proba(NEW)
    assert predicted.shape == probabilities.shape == (len(NEW), 4)
    assert (predicted.dtype, probabilities.dtype) == (np.int8, np.float32)
    assert set(np.unique(predicted)) <= {0, 1}
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    for row, labels in zip(predicted, fitted.predict_labels(NEW), strict=True):
        assert sorted(labels) == fitted.classes_[row == 1].tolist()


def test_classes_are_the_sorted_names(fitted: TextClassifier) -> None:
    assert fitted.classes_.tolist() == sorted({name for row in LABELS for name in row})


def test_the_forms_of_y_are_one(learnt: Any) -> None:
    matrix = indicator(LABELS, ["fruit", "metal", "sea", "rare"])
    expected = learnt(TEXTS, matrix)
    forms: dict[str, Any] = {
        "rows of numbers": matrix.tolist(),
        "tuples": tuple(map(tuple, matrix.tolist())),
        "rows that are arrays": list(matrix),
        "float": matrix.astype(np.float32),
        "bool": matrix.astype(bool),
        "object": matrix.astype(object),
        "read-only": _read_only(matrix),
        "column-major": np.asfortranarray(matrix),
        "csr_matrix": sparse.csr_matrix(matrix),
        "coo_array": sparse.coo_array(matrix),
        "no array": NotAnArray(matrix),
        "frame": pd.DataFrame(matrix, columns=list("0123")),
        "nullable frame": pd.DataFrame(matrix).astype("Int8"),
        "arrow": pa.table({str(k): column for k, column in enumerate(matrix.T)}),
        "lists": [[str(k) for k in np.flatnonzero(row)] for row in matrix],
    }
    for name, form in forms.items():
        assert learnt(TEXTS, form) == expected, name


def test_the_forms_of_label_lists_are_one(learnt: Any) -> None:
    expected = learnt(TEXTS, LABELS)
    ragged = np.empty(len(LABELS), dtype=object)
    ragged[:] = LABELS
    forms: dict[str, Any] = {
        "tuples": tuple(map(tuple, LABELS)),
        "array of lists": ragged,
        "series": pd.Series(LABELS, index=range(5, 85)),
        "series of arrays": pd.Series([np.array(row, dtype=object) for row in LABELS]),
        "arrow": pa.array(LABELS),
        "chunked": pa.chunked_array([pa.array(LABELS[:30]), pa.array(LABELS[30:])]),
        "column": Dataset.from_dict({"labels": LABELS})["labels"],
    }
    for name, form in forms.items():
        assert learnt(TEXTS, form) == expected, name
    pairs = [["fruit", "metal"], ["sea", "rare"]] * 2
    assert learnt(TEXTS[:4], np.array(pairs)) == learnt(TEXTS[:4], pairs)


def test_every_kind_of_sequence(learnt: Any, fitted: TextClassifier) -> None:
    forms: dict[str, Any] = {
        "tuple": tuple(NEW),
        "fixed width": np.array(NEW),
        "object": np.array(NEW, dtype=object),
        "variable width": np.array(NEW, dtype=np.dtypes.StringDType()),
        "strided": np.repeat(np.array(NEW), 2)[::2],
        "no array": NotAnArray(NEW),
        "series": pd.Series(NEW, index=range(7, 37)),
        "string series": pd.Series(NEW, dtype="string"),
        "categories": pd.Series(NEW, dtype="category"),
        "arrow": pa.array(NEW),
        "chunked": pa.chunked_array([NEW[:10], NEW[10:]]),
        "dictionary": pa.array(NEW).dictionary_encode(),
        "column": Dataset.from_dict({"text": NEW})["text"],
        "generator": (text for text in NEW),
    }
    expected = fitted.predict_proba(NEW)
    for name, form in forms.items():
        np.testing.assert_array_equal(fitted.predict_proba(form), expected, err_msg=name)
    assert learnt(np.array(TEXTS, dtype=object), LABELS) == learnt(TEXTS, LABELS)


def test_read_only_input(learnt: Any, fitted: TextClassifier, tmp_path: Path) -> None:
    np.save(tmp_path / "texts.npy", np.array(TEXTS))
    texts = np.load(tmp_path / "texts.npy", mmap_mode="r")
    y = _read_only(indicator(LABELS, ["fruit", "metal", "rare", "sea"]))
    assert learnt(texts, y)["text"] == TEXTS
    np.testing.assert_array_equal(fitted.predict(texts), fitted.predict(TEXTS))


def _read_only(array: np.ndarray) -> np.ndarray:
    copy = array.copy()
    copy.flags.writeable = False
    return copy


@pytest.mark.parametrize(
    "X",
    [
        "a text",
        b"bytes",
        5,
        None,
        [1, 2],
        ["a", None],
        ["a", float("nan")],
        [1j, 2j],
        [b"bytes"],
        [["a", "b"], ["c", "d"]],
        np.array([["a", "b"]]),
        np.array("a"),
        np.zeros((2, 3)),
        pd.DataFrame({"text": ["a", "b"]}),
        pd.Series(["a", pd.NA], dtype="string"),
        pa.array(["a", None]),
        {"text": ["a"]},
        sparse.csr_matrix(np.eye(2)),
        ["half of \ud83d"],
    ],
    ids=repr,
)
def test_what_is_no_text_is_refused(X: Any, fitted: TextClassifier) -> None:
    for call in (fitted.predict, lambda bad: TextClassifier().fit(bad, [["a"], ["b"]])):
        with pytest.raises(DataError, match=r"^X") as caught:
            call(X)
        assert isinstance(caught.value, ValueError)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["csr", "csc", "coo", "dok", "lil", "dia", "bsr"])
def test_sparse_input_is_refused(kind: str, fitted: TextClassifier) -> None:
    X = sparse.eye_array(4).asformat(kind)
    for call in (fitted.predict, fitted.predict_proba, lambda bad: clone(fitted).fit(bad, LABELS)):
        with pytest.raises(DataError, match="X is a sparse matrix"):
            call(X)


@pytest.mark.parametrize(
    "y",
    [
        None,
        "ab",
        3,
        {"a": 1},
        ["a", "b"],
        [0, 1],
        [0.5, 1.5],
        np.array([2.5, np.nan]),
        np.array([[0.0, np.nan], [1, 1]]),
        np.array([[0.0, np.inf], [1, 1]]),
        np.array([[0, 1], [2, 1]]),
        [[0, 1], [1]],
        [["a"], [1]],
        [["a"], [None]],
        [["a"], float("nan")],
        pd.DataFrame([[1, 0], [0, 1]], columns=["a", "a"]),
        pd.DataFrame({"a": [1, None], "b": [0, 1]}).astype("Int8"),
        pd.DataFrame({"a": ["yes", "no"], "b": ["no", "yes"]}),
        np.zeros((2, 2, 2)),
        [["a"]],
    ],
    ids=repr,
)
def test_other_targets_are_refused(y: Any) -> None:
    with pytest.raises(DataError) as caught:
        TextClassifier().fit(["one", "two"], y)
    assert "\n" not in str(caught.value)


def test_y_that_is_missing_is_named() -> None:
    with pytest.raises(ValueError, match="requires y to be passed, but the target y is None"):
        TextClassifier().fit(TEXTS, None)


def test_one_label_alone_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="only the label 'fruit'"):
        TextClassifier(**settings).fit(TEXTS, [["fruit"]] * len(TEXTS))


def test_one_text(settings: dict[str, Any], fitted: TextClassifier) -> None:
    assert fitted.predict(NEW[:1]).shape == (1, 4)
    with pytest.raises(DataError) as caught:
        TextClassifier(**settings).fit(["apple"], [["fruit", "sea"]])
    assert "\n" not in str(caught.value)


def test_no_texts(fitted: TextClassifier) -> None:
    for empty in ([], np.array([], dtype=object), pd.Series([], dtype=object), pa.array([])):
        assert fitted.predict(empty).shape == fitted.predict_proba(empty).shape == (0, 4)
        assert fitted.predict_labels(empty) == []
        with pytest.raises(DataError, match="there are no texts"):
            clone(fitted).fit(empty, [])
    with pytest.raises(DataError, match="nothing to score"):
        fitted.score([], [])


def test_predicting_changes_nothing(fitted: TextClassifier) -> None:
    before = dict(vars(fitted))
    weights = {name: tensor.clone() for name, tensor in _weights(fitted).items()}
    for method in (fitted.predict, fitted.predict_proba, fitted.predict_labels):
        method(NEW)
    fitted.score(TEXTS, LABELS)
    assert vars(fitted) == before
    assert all(np.array_equal(tensor, weights[name]) for name, tensor in _weights(fitted).items())


def _weights(classifier: TextClassifier) -> dict[str, Any]:
    return dict(classifier.predictor_.network.state_dict())


def test_the_order_of_texts_does_not_matter(fitted: TextClassifier) -> None:
    order = np.random.default_rng(0).permutation(len(NEW))
    shuffled = [NEW[k] for k in order]
    expected = fitted.predict_proba(NEW)[order]
    np.testing.assert_allclose(fitted.predict_proba(shuffled), expected, rtol=0, atol=1e-5)
    np.testing.assert_array_equal(fitted.predict(shuffled), fitted.predict(NEW)[order])


def test_a_text_alone_gets_the_same(fitted: TextClassifier) -> None:
    alone = np.concatenate([fitted.predict_proba([text]) for text in NEW])
    np.testing.assert_allclose(alone, fitted.predict_proba(NEW), rtol=0, atol=1e-5)
    long = " ".join(["the"] * 40)
    padded = fitted.predict_proba([*NEW, long])[:-1]
    np.testing.assert_allclose(alone, padded, rtol=0, atol=1e-5)


@pytest.mark.parametrize("copy", [deepcopy, lambda made: pickle.loads(pickle.dumps(made))])
def test_copies_predict_the_same(fitted: TextClassifier, copy: Any) -> None:
    twin = copy(fitted)
    assert twin.get_params() == fitted.get_params()
    assert twin.classes_.tolist() == fitted.classes_.tolist()
    np.testing.assert_array_equal(twin.predict_proba(NEW), fitted.predict_proba(NEW))
    assert twin.predict_labels(NEW) == fitted.predict_labels(NEW)


def test_a_pipeline_gives_the_same(settings: dict[str, Any], fitted: TextClassifier) -> None:
    pipeline = make_pipeline(TextClassifier(**settings)).fit(TEXTS, LABELS)
    np.testing.assert_array_equal(pipeline.predict_proba(NEW), fitted.predict_proba(NEW))
    np.testing.assert_array_equal(pipeline.predict(NEW), fitted.predict(NEW))
    assert pipeline.score(TEXTS, LABELS) == fitted.score(TEXTS, LABELS)
    assert pipeline.classes_.tolist() == fitted.classes_.tolist()
