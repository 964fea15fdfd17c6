"""What a system learns from: documents, targets and the labels."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from datasets import Dataset

from clmil.labels.relations import LabelRelations
from clmil.labels.space import LabelSpace


@dataclass(frozen=True, kw_only=True, eq=False)
class Material:
    """What a system learns from.

    Attributes:
        train, validation: documents, column `text`.
        train_targets, validation_targets: (n, l) int8, 1 relevant, 0 not, -1 unknown.
        space: the labels; its counts are those of the training part.
    """

    train: Dataset
    validation: Dataset
    train_targets: np.ndarray
    validation_targets: np.ndarray
    space: LabelSpace

    @cached_property
    def relations(self) -> LabelRelations:
        """Co-occurrence of the training part's labels."""
        return LabelRelations.fit(self.train_targets)

    @cached_property
    def annotated(self) -> np.ndarray:
        """(n,) bool, training documents with a known label."""
        found: np.ndarray = np.any(self.train_targets >= 0, axis=1)
        return found


@dataclass(frozen=True, kw_only=True, eq=False)
class Tokens:
    """The same documents as word ids, memory-mapped; columns `text_ids` and `length`."""

    train: Dataset
    validation: Dataset
