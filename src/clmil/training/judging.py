"""One validation part for several systems, with thresholds that no document has a say in.

What else a system chooses on validation, such as its best epoch, the number of its neighbours or
the weights of a blend, is not cross-fitted, and favours a little whatever chooses most.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from clmil.data.corpus import Corpus
from clmil.data.targets import encode_targets, is_annotated, label_counts
from clmil.decisions.answers import Answers
from clmil.decisions.choosing import LEAST, choose_rule
from clmil.labels.space import LabelSpace
from clmil.systems.settings import Recipe

FOLDS = 5
"""Of the cross-fitting: no document has a say in the thresholds that it is judged at."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Judge:
    """The validation part, and how thresholds are chosen on it.

    Attributes:
        space: the labels of the train part.
        texts: (n,) of the validation part.
        targets: (n, l) int8, -1 unknown.
    """

    space: LabelSpace
    texts: list[str]
    targets: np.ndarray

    @classmethod
    def of(cls, parts: Corpus) -> "Judge":
        """Return the judge of a corpus that has a validation part."""
        validation: Any = parts.validation
        space = LabelSpace.from_counts(
            label_counts(parts.train),
            documents=int(is_annotated(parts.train).sum()),
            descriptions=parts.descriptions,
        )
        targets = encode_targets(validation, space.names, where="validation")
        return cls(space=space, texts=list(validation["text"]), targets=targets)

    def decide(self, said: Answers, recipe: Recipe) -> np.ndarray:
        """Return (n, l) int8 decisions: a system's own sets, or by rules chosen on other folds."""
        if said.sets is not None:
            return said.sets
        raw = said.probabilities
        decided = (raw > 0.5).astype(np.int8)
        annotated = np.flatnonzero((self.targets >= 0).any(axis=1))
        if len(annotated) < 2 * LEAST:
            return decided
        fold = np.random.default_rng(recipe.seed).permutation(len(annotated)) % FOLDS
        frequency = np.array(self.space.counts)
        for k in range(FOLDS):
            rest, held = annotated[fold != k], annotated[fold == k]
            choice = recipe.decisions.choice(recipe.seed)
            rule = choose_rule(raw[rest], self.targets[rest], choice, frequency=frequency)
            decided[held] = rule.decide(rule.calibrate(raw[held]))
        return decided
