"""`TextClassifier`, the scikit-learn estimator, and `load`."""

import os
import tempfile
from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from clmil.errors import DataError, ModelError, RecipeError

if TYPE_CHECKING:
    from clmil.runtime.explanation import Explanation
    from clmil.runtime.predictor import Predicted, Predictor
    from clmil.systems.start import Start

SYSTEM = "cl-mil"
"""What is trained where nothing is said."""


class TextClassifier(ClassifierMixin, BaseEstimator):
    """Multi-label text classifier.

    Args:
        system: what to train; `clmil systems` lists them.
        encoder: alias, folder or hub id; None takes the recipe's.
        recipe: `default`, `paper` or a YAML file.
        overrides: settings as `part.key=value`.
        from_model: a trained model to go on from, with more texts or other labels: a folder, or
            a model on the hub. Its own system and recipe are the default then.
        threshold: a label is predicted when its probability is greater; None takes the model's
            own decision rule, which training chose.
        random_state: seed; None takes the recipe's.
        output: folder that keeps the run and the model; None uses a temporary one.
        verbose: show progress in the terminal.

    Attributes:
        classes_: (l,) label names, sorted; the columns of all matrices.
    """

    def __init__(
        self,
        *,
        system: str = SYSTEM,
        encoder: str | None = None,
        recipe: str = "default",
        overrides: Sequence[str] = (),
        from_model: str | Path | None = None,
        threshold: float | None = None,
        random_state: int | None = None,
        output: str | Path | None = None,
        verbose: bool = False,
    ) -> None:
        self.system = system
        self.encoder = encoder
        self.recipe = recipe
        self.overrides = overrides
        self.from_model = from_model
        self.threshold = threshold
        self.random_state = random_state
        self.output = output
        self.verbose = verbose

    def fit(
        self,
        X: Sequence[str],
        y: Any,
        *,
        validation: tuple[Sequence[str], Any] | None = None,
        descriptions: dict[str, str] | None = None,
    ) -> Self:
        """Train on texts and their labels.

        Args:
            X: (n,) texts: a list, a NumPy array, a pandas Series, an Arrow array.
            y: (n,) lists of label names, None for a text that nobody has annotated; or an
                (n, l) matrix of 1 relevant, 0 not, -1 unknown: dense, sparse, or a DataFrame,
                whose columns name the labels.
            validation: texts and labels for early stopping; otherwise a part of X is carved. Here a
                label may be relevant nowhere; a matrix has names and columns as y has.
            descriptions: a sentence for each label, from which label tokens start.

        Raises:
            ClmilError: one sentence on what is wrong.
        """
        from clmil.data.arguments import descriptions_of, pair_of
        from clmil.data.corpus import Corpus
        from clmil.data.matrix import labels_of
        from clmil.data.targets import label_counts
        from clmil.data.truth import held_out_of
        from clmil.training.run import train

        self._check_threshold()  # before anything takes long
        output = _new_folder(self.output) if self.output else None
        documents = _documents(X, labels_of(y))
        counts = label_counts(documents)
        held_out = None
        if validation is not None:
            texts, labels = pair_of(validation)
            held_out = _documents(texts, held_out_of(labels, sorted(counts)))
        corpus = Corpus(
            name="fit",
            train=documents,
            validation=held_out,
            test=None,
            descriptions=descriptions_of(descriptions, counts),
            notes=(),
        )
        with tempfile.TemporaryDirectory() as scratch:
            folder = output or Path(scratch) / "model"
            start = self._start()
            train(corpus, self._recipe(start), folder, progress=self._progress(), start=start)
            self._adopt(_predictor(folder))
        return self

    def predict_proba(self, X: Sequence[str]) -> np.ndarray:
        """Return (n, l) float32 probabilities, columns in the order of `classes_`."""
        from clmil.data.texts import texts_of

        check_is_fitted(self, "predictor_")
        probabilities: np.ndarray = self.predictor_.predict_proba(texts_of(X))
        return probabilities[:, self._columns]

    def predict(self, X: Sequence[str]) -> np.ndarray:
        """Return the (n, l) int8 indicator matrix, columns in the order of `classes_`."""
        return self._predict(X).decided[:, self._columns]

    def predict_labels(self, X: Sequence[str]) -> list[list[str]]:
        """Return the predicted labels of each text, most probable first."""
        found = self._predict(X)
        pairs = zip(
            found.probabilities[:, self._columns], found.decided[:, self._columns], strict=True
        )
        return [
            [str(self.classes_[k]) for k in np.argsort(-row, kind="stable") if decided[k]]
            for row, decided in pairs
        ]

    def explain(
        self,
        X: Sequence[str],
        *,
        labels: Sequence[str] | None = None,
        method: str = "own",
        top: int | None = 10,
    ) -> list["Explanation"]:
        """Say for each text which words speak for and against its labels.

        Args:
            X: (n,) texts.
            labels: labels to ask about; None: those that are predicted.
            method: `own`, the fastest that the system has, `occlusion` or `integrated-gradients`.
            top: words at most for each label; None: all.

        Raises:
            ClmilError: one sentence on what is wrong, as `clmil.runtime.explaining.explain` says.
        """
        from clmil.data.texts import texts_of
        from clmil.runtime.explaining import explain

        check_is_fitted(self, "predictor_")
        return explain(self._deciding(), texts_of(X), labels=labels, method=method, top=top)

    def score(self, X: Sequence[str], y: Any, sample_weight: Any = None) -> float:
        """Return the subset accuracy: the share of texts whose labels are all predicted right.

        It is what scikit-learn's classifiers call score. A text with a label that the classifier
        does not know counts as wrong; unknown cells of a matrix, and texts that nobody has
        annotated, do not count.

        Args:
            X: (n,) texts.
            y: labels in any form that `fit` takes; a matrix without names has the columns of
                `classes_`, one with names has each of them.
            sample_weight: (n,) weights of the texts; None: 1 each.

        Raises:
            DataError: if the numbers of texts, labels and weights differ, none is annotated, or a
                matrix lacks a label.
        """
        from clmil.data.arguments import weights_of
        from clmil.data.texts import texts_of
        from clmil.data.truth import targets_of

        check_is_fitted(self, "predictor_")
        texts = texts_of(X)
        targets, outside = targets_of(y, self.classes_.tolist())
        if len(texts) != len(targets):
            raise DataError(
                f"there are {len(texts)} texts, but {len(targets)} rows of labels; give as many of "
                "each."
            )
        weights = weights_of(sample_weight, len(texts))
        annotated = (targets >= 0).any(axis=1) | outside
        if not (annotated & (weights != 0)).any():
            raise DataError(
                "no text that counts is annotated, so there is nothing to score; give labels."
            )
        predicted = self.predict(texts)
        right = ((predicted == targets) | (targets < 0)).all(axis=1) & ~outside
        return float(np.average(right[annotated], weights=weights[annotated]))

    def save(self, folder: str | Path) -> None:
        """Write a model folder that `clmil.load` and the command line read.

        Raises:
            ModelError: if the folder exists and is not empty, or cannot be written.
        """
        check_is_fitted(self, "predictor_")
        target = _new_folder(folder)
        self._deciding().save(target)

    def push_to_hub(
        self, repository: str, *, private: bool = False, revision: str | None = None
    ) -> str:
        """Upload the model to the Hugging Face hub and return its address.

        Args:
            repository: `owner/name`; made if it does not exist.
            private: make it private, if it is made.
            revision: branch to upload to, made if it does not exist; None: the main one.

        Raises:
            ModelError: if the hub cannot be reached, or refuses.
        """
        from clmil.storage.hub import push_model

        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "model"
            self.save(folder)
            return push_model(folder, repository, private=private, revision=revision)

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that X is texts and y label sets."""
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.input_tags.one_d_array = False, True
        tags.input_tags.string = True
        tags.target_tags.one_d_labels, tags.target_tags.two_d_labels = False, True
        tags.target_tags.single_output, tags.target_tags.multi_output = False, True
        tags.classifier_tags.multi_class, tags.classifier_tags.multi_label = False, True
        return tags

    def _deciding(self) -> "Predictor":
        """Return the predictor, with the given threshold if there is one.

        Raises:
            DataError: if there is one that is no number from 0 to 1.
            ModelError: if there is one, and the system writes label sets itself.
        """
        self._check_threshold()
        if self.threshold is None:
            return self.predictor_
        return self.predictor_.with_rule(self.predictor_.rule.with_thresholds(self.threshold))

    def _check_threshold(self) -> None:
        at: Any = self.threshold
        good = isinstance(at, Real) and not isinstance(at, bool) and 0 <= float(at) <= 1
        if at is not None and not good:
            raise DataError(f"the threshold is {at!r}; give a number from 0 to 1.")

    def _predict(self, X: Sequence[str]) -> "Predicted":
        """Return probabilities and labels, columns as the model has them."""
        from clmil.data.texts import texts_of

        check_is_fitted(self, "predictor_")
        return self._deciding().predict(texts_of(X))

    def _adopt(self, predictor: "Predictor") -> None:
        self.predictor_ = predictor
        names = np.array(predictor.space.names)
        self._columns = np.argsort(names, kind="stable")
        self.classes_ = names[self._columns]

    def _start(self) -> "Start | None":
        if self.from_model is None:
            return None
        from clmil.systems.start import read_start

        return read_start(_path(self.from_model, "from_model"))

    def _recipe(self, start: "Start | None") -> Any:
        from clmil.systems.recipe import find_system
        from clmil.systems.start import recipe_for

        given: Any = self.overrides
        listed = isinstance(given, Iterable) and not isinstance(given, str)
        if not listed or not all(isinstance(one, str) for one in given):
            raise RecipeError(
                f"overrides is {given!r}; give a list of settings, such as ['training.epochs=5']."
            )
        seed: Any = self.random_state
        whole = isinstance(seed, Integral) and not isinstance(seed, bool)
        if seed is not None and not whole:
            raise RecipeError(f"random_state is {seed!r}; give an integer.")
        find_system(self.system)
        named = start is None or self.system != SYSTEM  # its default asks for nothing of a model
        return recipe_for(
            self.recipe,
            system=self.system if named else None,
            overrides=self.overrides,
            encoder=self.encoder,
            seed=None if seed is None else int(seed),
            start=start,
        )

    def _progress(self) -> Any:
        if not self.verbose:
            return None
        from clmil.reports.progress import RichProgress

        return RichProgress()


def load(folder: str | Path, *, precision: str = "fp32") -> TextClassifier:
    """Load a model as a fitted classifier.

    Its `recipe` is the `recipe.yaml` of the folder, all settings and the seed that it was trained
    with, so that another `fit`, of a `clone` too, trains alike.

    Args:
        folder: a model folder; or, where there is no such folder, a model on the Hugging Face hub
            as `owner/name` or `owner/name@revision`.
        precision: `fp32`; `bf16` or `int8`, faster and less exact; `auto`: bf16 where the
            hardware has it.

    Raises:
        ModelError: if it cannot be found, is no model, damaged or from a newer version.
    """
    from clmil.storage.folder import RECIPE

    predictor = _predictor(folder, precision=precision)
    assert predictor.folder is not None
    encoder = predictor.recipe.get("encoder", {}).get("name")
    classifier = TextClassifier(
        system=predictor.facts.system,
        encoder=encoder,
        recipe=str((predictor.folder / RECIPE).absolute()),
    )
    classifier._adopt(predictor)
    return classifier


def _predictor(folder: str | Path, *, precision: str = "fp32") -> "Predictor":
    from clmil.runtime.predictor import Predictor

    return Predictor.load(_path(folder, "the model"), precision=precision)


def _path(given: Any, what: str) -> Path:
    if not isinstance(given, str | os.PathLike):
        raise ModelError(f"{what} is {given!r}; give the path of a folder.")
    return Path(given)


def _new_folder(given: Any) -> Path:
    """Return a folder to make; what a user has is never written over."""
    folder = _path(given, "the output")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ModelError(f"the folder {folder} exists; choose another one.")
    return folder


def _documents(X: Any, y: tuple[list[Any], list[list[str]] | None]) -> Any:
    """Return texts, with label lists and those of unknown labels, as a checked data set."""
    from clmil.data.corpus import from_lists
    from clmil.data.texts import texts_of

    labels, unknown = y
    return from_lists(texts_of(X), labels, unknown=unknown)
