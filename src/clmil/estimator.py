"""`TextClassifier`, the scikit-learn estimator, and `load`."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from clmil.decisions.metrics import threshold
from clmil.errors import DataError, ModelError

if TYPE_CHECKING:
    from clmil.runtime.predictor import Predictor


class TextClassifier(ClassifierMixin, BaseEstimator):
    """Multi-label text classifier.

    Args:
        system: what to train; `clmil systems` lists them.
        encoder: alias, folder or hub id; None takes the recipe's.
        recipe: `default`, `paper` or a YAML file.
        overrides: settings as `part.key=value`.
        threshold: a label is predicted when its probability is greater.
        random_state: seed; None takes the recipe's.
        output: folder that keeps the run and the model; None uses a temporary one.
        verbose: show progress in the terminal.

    Attributes:
        classes_: (l,) label names, sorted; the columns of all matrices.
    """

    def __init__(
        self,
        *,
        system: str = "cl-mil",
        encoder: str | None = None,
        recipe: str = "default",
        overrides: Sequence[str] = (),
        threshold: float = 0.5,
        random_state: int | None = None,
        output: str | Path | None = None,
        verbose: bool = False,
    ) -> None:
        self.system = system
        self.encoder = encoder
        self.recipe = recipe
        self.overrides = overrides
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
            X: (n,) texts.
            y: (n,) lists of label names, None for a text that nobody has annotated; or an
                (n, l) matrix as `clmil.data.matrix.labels_of` takes it.
            validation: texts and labels for early stopping; otherwise a part of X is carved.
            descriptions: a sentence for each label, from which label tokens start.

        Raises:
            ClmilError: one sentence on what is wrong.
        """
        from clmil.data.corpus import Corpus
        from clmil.data.targets import label_counts
        from clmil.data.validate import check_known
        from clmil.training.run import train

        documents = _documents(X, y)
        check_known(descriptions or (), label_counts(documents))
        corpus = Corpus(
            name="fit",
            train=documents,
            validation=None if validation is None else _documents(*validation),
            test=None,
            descriptions=descriptions or {},
            notes=(),
        )
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(self.output) if self.output else Path(scratch) / "model"
            train(corpus, self._recipe(), folder, progress=self._progress())
            self._adopt(_predictor(folder))
        return self

    def predict_proba(self, X: Sequence[str]) -> np.ndarray:
        """Return (n, l) float32 probabilities, columns in the order of `classes_`."""
        check_is_fitted(self, "predictor_")
        probabilities: np.ndarray = self.predictor_.predict_proba(_texts(X))[:, self._columns]
        return probabilities

    def predict(self, X: Sequence[str]) -> np.ndarray:
        """Return the (n, l) int8 indicator matrix, columns in the order of `classes_`."""
        return threshold(self.predict_proba(X), self.threshold)

    def predict_labels(self, X: Sequence[str]) -> list[list[str]]:
        """Return the predicted labels of each text, most probable first."""
        return [
            [
                str(self.classes_[k])
                for k in np.argsort(-row, kind="stable")
                if row[k] > self.threshold
            ]
            for row in self.predict_proba(X)
        ]

    def save(self, folder: str | Path) -> None:
        """Write a model folder that `clmil.load` and the command line read.

        Raises:
            ModelError: if the folder exists and is not empty, or cannot be written.
        """
        from clmil.storage.folder import save_model

        check_is_fitted(self, "predictor_")
        target = Path(folder)
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise ModelError(f"the folder {target} exists; choose another one.")
        save_model(replace(self.predictor_.model, threshold=self.threshold), target)

    def _adopt(self, predictor: "Predictor") -> None:
        self.predictor_ = predictor
        names = np.array(predictor.space.names)
        self._columns = np.argsort(names, kind="stable")
        self.classes_ = names[self._columns]

    def _recipe(self) -> Any:
        from clmil.systems.recipe import load_recipe

        overrides = list(self.overrides)
        if self.encoder is not None:
            overrides.append(f"encoder.name={self.encoder}")
        if self.random_state is not None:
            overrides.append(f"seed={self.random_state}")
        return load_recipe(self.recipe, system=self.system, overrides=overrides)

    def _progress(self) -> Any:
        if not self.verbose:
            return None
        from clmil.reports.progress import RichProgress

        return RichProgress()


def load(folder: str | Path, *, precision: str = "fp32") -> TextClassifier:
    """Load a model folder as a fitted classifier.

    Raises:
        ModelError: if the folder is no model, damaged or from a newer version.
    """
    predictor = _predictor(Path(folder), precision=precision)
    recipe = predictor.model.recipe
    classifier = TextClassifier(
        system=recipe["system"],
        encoder=recipe["encoder"]["name"],
        threshold=predictor.model.threshold,
    )
    classifier._adopt(predictor)
    return classifier


def _predictor(folder: Path, *, precision: str = "fp32") -> "Predictor":
    from clmil.runtime.predictor import Predictor

    return Predictor.load(folder, precision=precision)


def _documents(texts: Any, y: Any) -> Any:
    """Return texts and labels as a checked data set."""
    from clmil.data.corpus import from_lists
    from clmil.data.matrix import labels_of

    labels, unknown = labels_of(y)
    return from_lists(_texts(texts), labels, unknown=unknown)


def _texts(texts: Any) -> list[str]:
    """Return a list of strings, or say which item is none."""
    if isinstance(texts, str):
        raise DataError("X is a single string; give a list of texts.")
    listed = list(texts)
    for number, text in enumerate(listed):
        if not isinstance(text, str):
            raise DataError(f"X[{number}] is {type(text).__name__}, not a text; give strings.")
    return listed
