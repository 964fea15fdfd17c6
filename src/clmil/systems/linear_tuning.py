"""Choosing the linear model's settings, calibration and thresholds without touching a test part.

Margins of training documents come from machines that were fitted without them, fold by fold.
Their sigmoids are the probabilities that a decision rule is chosen on: a Platt slope and bias on
the margin, rare labels drawn to all labels, and thresholds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np

from clmil.decisions.choosing import LEAST, Choice, choose_rule
from clmil.decisions.counted import GRID, count_cells
from clmil.decisions.rule import DecisionRule
from clmil.errors import DataError
from clmil.systems.linear_model import LinearModel, read_terms
from clmil.systems.out_of_fold import out_of_fold


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """What is tried, and how.

    Attributes:
        C: inverse strengths of the regularisation.
        pairs: whether to read pairs of words.
        folds: of the cross-validation.
        choice: of the decision rule.
        seed: of the folds.
    """

    C: tuple[float, ...] = (0.25, 1.0, 4.0)
    pairs: tuple[bool, ...] = (False, True)
    folds: int = 5
    choice: Choice = field(default_factory=lambda: Choice(calibrate="temperature"))
    seed: int = 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Labelled:
    """n texts and their (n, l) int8 targets, -1 unknown."""

    texts: Sequence[str]
    targets: np.ndarray

    def part(self, chosen: np.ndarray) -> "Labelled":
        """Return the rows of a (n,) bool mask."""
        texts = [text for text, taken in zip(self.texts, chosen, strict=True) if taken]
        return Labelled(texts=texts, targets=self.targets[chosen])


@dataclass(frozen=True, kw_only=True, eq=False)
class Tuned:
    """A model fitted on all training documents, its decision rule, and how both came about."""

    model: LinearModel
    rule: DecisionRule
    facts: dict[str, Any]


def tune_linear(
    train: Labelled,
    *,
    validation: Labelled | None = None,
    decide_on_validation: bool = False,
    tuning: Tuning | None = None,
) -> Tuned:
    """Choose settings and rule, and fit the model on all training documents.

    Args:
        train: documents to learn from; those that nobody annotated are left out.
        validation: settings are chosen on it; without, on one fold of the training documents.
        decide_on_validation: choose the rule on it too, where it is drawn more like what will be
            predicted; else on all training documents by cross-validation, which are more.
        tuning: what is tried.

    Raises:
        DataError: if no text holds a word, or no document is annotated.
    """
    told = tuning or Tuning()
    train = train.part(np.asarray((train.targets >= 0).any(axis=1)))
    if not len(train.texts):
        raise DataError("no training document is annotated; give some their labels.")
    if len(train.texts) < LEAST:  # too few to tell settings apart
        model = LinearModel().fit(train.texts, train.targets)
        rule = choose_rule(model.predict_proba(train.texts), train.targets, told.choice)
        return Tuned(model=model, rule=rule, facts={"settings": []})
    fold = np.random.default_rng(told.seed).permutation(len(train.texts)) % told.folds
    held_out = validation or train.part(fold == 0)
    tried = _try(train if validation else train.part(fold != 0), held_out, told)
    best = max(tried, key=lambda row: row["micro_f1"])
    model = LinearModel(C=best["C"], pairs=best["pairs"]).fit(train.texts, train.targets)
    if validation is not None and decide_on_validation:
        raw, targets = model.predict_proba(validation.texts), validation.targets
    else:
        raw, targets = _held_out(train, fold, model), train.targets
    frequency = (train.targets == 1).sum(axis=0)
    rule = choose_rule(raw, targets, told.choice, frequency=frequency)
    return Tuned(model=model, rule=rule, facts={"settings": tried})


def _try(train: Labelled, held_out: Labelled, told: Tuning) -> list[dict[str, Any]]:
    """Score every setting by the micro-F1 that its best shared threshold reaches."""
    tried = []
    terms = {pairs: read_terms(train.texts, pairs=pairs) for pairs in told.pairs}
    features = {pairs: vectorizer.transform(train.texts) for pairs, vectorizer in terms.items()}
    for pairs, C in product(told.pairs, told.C):
        model = LinearModel(C=C, pairs=pairs)
        model.fit_terms(terms[pairs], features[pairs], train.targets)
        cells = np.searchsorted(GRID, model.predict_proba(held_out.texts))
        reached = count_cells(cells, held_out.targets).shared_f1().max()
        tried.append({"C": C, "pairs": pairs, "micro_f1": float(reached)})
    return tried


def _held_out(train: Labelled, fold: np.ndarray, model: LinearModel) -> np.ndarray:
    """Return (n, l) probabilities, each document's from a model that did not see it."""
    return out_of_fold(
        lambda: LinearModel(C=model.C, pairs=model.pairs), train.texts, train.targets, fold
    )
