"""What a model says of labelled documents: the one pass of prediction that all scores share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from datasets import Dataset

from clmil.data.targets import encode_targets
from clmil.decisions.rule import DecisionRule
from clmil.errors import DataError
from clmil.labels.space import LabelSpace

CHUNK = 1024
"""Documents that are predicted at once."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """Documents as they are and as a model has them.

    Attributes:
        name: of the model.
        space: the labels, in the order of the columns.
        targets: (n, l) int8: 1 relevant, 0 not, -1 unknown.
        raw: (n, l) float32, the network's own probabilities.
        probabilities: (n, l) float32, calibrated.
        predictions: (n, l) int8, by the model's rule.
        rule: the rule; None where it is not known, as for a file of predictions.
    """

    name: str
    space: LabelSpace
    targets: np.ndarray
    raw: np.ndarray
    probabilities: np.ndarray
    predictions: np.ndarray
    rule: DecisionRule | None

    @classmethod
    def decided(
        cls, name: str, space: LabelSpace, targets: np.ndarray, raw: np.ndarray, rule: DecisionRule
    ) -> "Outcome":
        """Apply a rule to raw probabilities."""
        calibrated = rule.calibrate(raw)
        return cls(
            name=name,
            space=space,
            targets=targets,
            raw=raw,
            probabilities=calibrated,
            predictions=rule.decide(calibrated),
            rule=rule,
        )

    def at_half(self) -> np.ndarray:
        """Return the (n, l) int8 labels at a threshold of 0.5 for all, calibrated alike."""
        return DecisionRule.fixed(len(self.space)).decide(self.probabilities)

    def ordered(self, like: "Outcome") -> "Outcome":
        """Return the same with columns in the order of another outcome, whose labels it has."""
        columns = [self.space.index[name] for name in like.space.names]
        arrays = ("targets", "raw", "probabilities", "predictions")
        moved = {name: getattr(self, name)[:, columns] for name in arrays}
        return replace(self, space=like.space, rule=None, **moved)


class Scorer(Protocol):
    """What `clmil.runtime.predictor.Predictor` offers, which this room does not import."""

    @property
    def space(self) -> LabelSpace:
        """The labels."""

    @property
    def rule(self) -> DecisionRule:
        """From probabilities to labels."""

    def raw_proba(self, texts: Sequence[str]) -> np.ndarray:
        """Return (n, l) probabilities before calibration."""


def predict_outcome(
    predictor: Scorer,
    documents: Dataset,
    *,
    name: str,
    where: str,
    advance: Callable[[int], None] = lambda _: None,
) -> Outcome:
    """Predict documents once.

    Args:
        predictor: the model.
        documents: columns `text`, `labels` and `unknown`.
        name: of the model.
        where: what the documents are, for messages.
        advance: told how many documents were done.

    Raises:
        DataError: if no document is annotated, or one has a label that the model does not know.
    """
    targets = annotated_targets(documents, predictor.space, where=where)
    raw = predict_all(predictor.raw_proba, documents, len(predictor.space), advance)
    return Outcome.decided(name, predictor.space, targets, raw, predictor.rule)


def predict_all(
    predict_proba: Callable[[list[str]], np.ndarray],
    documents: Dataset,
    labels: int,
    advance: Callable[[int], None] = lambda _: None,
) -> np.ndarray:
    """Return the (n, l) float32 probabilities of documents, predicted in chunks."""
    found = np.empty((len(documents), labels), dtype=np.float32)
    for start in range(0, len(documents), CHUNK):
        texts = list(documents[start : start + CHUNK]["text"])
        found[start : start + CHUNK] = predict_proba(texts)
        advance(len(texts))
    return found


def annotated_targets(documents: Dataset, space: LabelSpace, *, where: str) -> np.ndarray:
    """Return the (n, l) int8 targets of documents, of which some must be annotated.

    Raises:
        DataError: if none is, or one has a label that is not in `space`.
    """
    targets = encode_targets(documents, space.names, where=where)
    if not (targets >= 0).any():
        raise DataError(f"no document of {where} is annotated; give labelled documents to score.")
    return targets


def check_same_labels(first: str, names: Sequence[str], second: str, others: Sequence[str]) -> None:
    """Raise a `DataError` that names the differing labels unless two models know the same ones."""
    pairs = ((first, set(names) - set(others)), (second, set(others) - set(names)))
    told = [f"only {who} knows {_listed(only)}" for who, only in pairs if only]
    if told:
        raise DataError(
            f"{first} and {second} cannot be compared, as {' and '.join(told)}; "
            "compare models that were trained on the same labels."
        )


def _listed(names: set[str], most: int = 5) -> str:
    shown = ", ".join(map(repr, sorted(names)[:most]))
    return shown + (f" and {len(names) - most:,} more" if len(names) > most else "")
