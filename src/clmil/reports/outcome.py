"""What a model says of labelled documents: the one pass of prediction that all scores share."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from datasets import Dataset

from clmil.data.targets import encode_targets
from clmil.decisions.answers import Answers
from clmil.decisions.rule import DecisionRule
from clmil.errors import DataError, listed
from clmil.labels.space import LabelSpace

if TYPE_CHECKING:
    from clmil.runtime.predictor import Predictor

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
        rule: the rule; None where it is not known, as for a file of predictions, or where the
            system writes label sets itself.
        own_sets: whether the system writes label sets itself.
    """

    name: str
    space: LabelSpace
    targets: np.ndarray
    raw: np.ndarray
    probabilities: np.ndarray
    predictions: np.ndarray
    rule: DecisionRule | None
    own_sets: bool = False

    @classmethod
    def decided(
        cls,
        name: str,
        space: LabelSpace,
        targets: np.ndarray,
        raw: np.ndarray,
        rule: DecisionRule,
        sets: np.ndarray | None = None,
    ) -> "Outcome":
        """Apply a rule to raw probabilities, unless the system has written (n, l) label sets."""
        calibrated = rule.calibrate(raw)
        return cls(
            name=name,
            space=space,
            targets=targets,
            raw=raw,
            probabilities=calibrated,
            predictions=rule.decide(calibrated) if sets is None else sets,
            rule=rule if sets is None else None,
            own_sets=sets is not None,
        )

    def at_half(self) -> np.ndarray:
        """Return the (n, l) int8 labels at a threshold of 0.5 for all, calibrated alike.

        Label sets that the system writes itself stay as they are.
        """
        if self.own_sets:
            return self.predictions
        return DecisionRule.fixed(len(self.space)).decide(self.probabilities)

    def known(self) -> "Outcome":
        """Return the same without the labels that are unknown in every document."""
        columns = np.flatnonzero(_heard(self.targets)).tolist()
        space, rule = self.space, self.rule
        if len(columns) == len(space):
            return self
        names = tuple(space.names[k] for k in columns)
        kept = replace(
            space,
            names=names,
            descriptions=tuple(space.descriptions[k] for k in columns),
            counts=tuple(space.counts[k] for k in columns),
            known=tuple(space.known[k] for k in columns if space.known),
        )
        if rule is not None:
            rule = DecisionRule.from_json(rule.to_json(space.names), names)
        return replace(self._with(kept), rule=rule)

    def ordered(self, like: "Outcome") -> "Outcome":
        """Return the same with the columns of another outcome, whose labels it has."""
        return self._with(like.space)

    def _with(self, space: LabelSpace) -> "Outcome":
        columns = [self.space.index[name] for name in space.names]
        arrays = ("targets", "raw", "probabilities", "predictions")
        moved = {name: getattr(self, name)[:, columns] for name in arrays}
        return replace(self, space=space, rule=None, **moved)


def predict_outcome(
    predictor: "Predictor",
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
    said = predict_all(predictor.answer, documents, advance)
    return Outcome.decided(
        name, predictor.space, targets, said.probabilities, predictor.rule, said.sets
    )


def predict_all(
    answer: Callable[[list[str]], Answers],
    documents: Dataset,
    advance: Callable[[int], None] = lambda _: None,
) -> Answers:
    """Return what a model says of documents, at least one, predicted in chunks."""
    parts = []
    for start in range(0, len(documents), CHUNK):
        texts = list(documents[start : start + CHUNK]["text"])
        parts.append(answer(texts))
        advance(len(texts))
    return Answers.joined(parts)


def annotated_targets(documents: Dataset, space: LabelSpace, *, where: str) -> np.ndarray:
    """Return the (n, l) int8 targets of documents, of which some must be annotated.

    Raises:
        DataError: if none is, or one has a label that is not in `space`.
    """
    targets = encode_targets(documents, space.names, where=where)
    if not (targets >= 0).any():
        raise DataError(f"no document of {where} is annotated; give labelled documents to score.")
    return targets


def left_out(
    targets: np.ndarray, names: Sequence[str], where: str, so: str = "left out of the scores"
) -> tuple[str, ...]:
    """Return the sentence on labels that are unknown in every document, if there are some.

    Args:
        targets: (n, l), -1 unknown.
        names: (l,) of the labels.
        where: what the documents are.
        so: what becomes of the labels.
    """
    unheard = set(itertools.compress(names, ~_heard(targets)))
    if not unheard:
        return ()
    one = len(unheard) == 1
    return (
        f"Nothing in {where} says whether the model's {'label' if one else 'labels'} "
        f"{_listed(unheard)} {'applies' if one else 'apply'}; "
        f"{'it is' if one else 'they are'} {so}.",
    )


def _heard(targets: np.ndarray) -> np.ndarray:
    """Return the (l,) bool mask of labels that are known in some document."""
    return np.asarray((targets >= 0).any(axis=0))


def check_same_labels(first: str, names: Sequence[str], second: str, others: Sequence[str]) -> None:
    """Raise a `DataError` that names the differing labels unless two models know the same ones."""
    pairs = ((first, set(names) - set(others)), (second, set(others) - set(names)))
    told = [f"only {who} knows {_listed(only)}" for who, only in pairs if only]
    if told:
        raise DataError(
            f"{first} and {second} cannot be compared, as {' and '.join(told)}; "
            "compare models that were trained on the same labels."
        )


def _listed(names: set[str]) -> str:
    return listed([*map(repr, sorted(names))])
