"""Trained models that teach another one, whatever their systems: their labels, their answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from clmil.errors import ModelError
from clmil.labels.space import LabelSpace
from clmil.storage.folder import ModelFacts, read_facts
from clmil.storage.hub import find_model
from clmil.systems.family import Scorer
from clmil.systems.kinds import load_scorer, writes_sets


@dataclass(frozen=True, kw_only=True, eq=False)
class Teacher:
    """A trained model, and which of its labels are the student's.

    Attributes:
        name: as the recipe gives it.
        folder: of the model.
        facts: its labels and recipe.
        theirs, ours: (k,) columns of the shared labels, in the teacher and in the student.
    """

    name: str
    folder: Path
    facts: ModelFacts
    theirs: list[int]
    ours: list[int]

    def scorer(self) -> Scorer:
        """Load the model, in fp32."""
        return load_scorer(self.folder, len(self.facts.space), "fp32")


def read_teacher(name: str, space: LabelSpace) -> Teacher:
    """Read what a model says of itself; its weights are loaded when it is asked.

    Raises:
        ModelError: if it cannot be found, is damaged, writes label sets without probabilities,
            or knows none of the labels.
    """
    folder = find_model(name)
    facts = read_facts(folder)
    if writes_sets(folder):
        raise ModelError(
            f"the teacher {name} is of the system {facts.system}, which writes label sets and "
            "gives no probabilities to learn from; give a model of another system."
        )
    shared = [label for label in facts.space.names if label in space.index]
    if not shared:
        raise ModelError(
            f"the teacher {name} knows none of the labels of this data; give a model that was "
            "trained on some of them, under the same names."
        )
    theirs, ours = ([known.index[label] for label in shared] for known in (facts.space, space))
    return Teacher(name=name, folder=folder, facts=facts, theirs=theirs, ours=ours)


def mean_probabilities(
    asked: Sequence[tuple[Teacher, Scorer]], texts: Sequence[str], labels: int
) -> np.ndarray:
    """Return the mean of the teachers' probabilities, as they are before calibration.

    Args:
        asked: teachers, and what scores with them.
        texts: n documents.
        labels: l of the student.

    Returns:
        (n, l) float64: of each label the mean over those who know it, NaN if nobody does.
    """
    total, voices = np.zeros((len(texts), labels)), np.zeros(labels)
    for teacher, scorer in asked:
        total[:, teacher.ours] += scorer.answer(texts).probabilities[:, teacher.theirs]
        voices[teacher.ours] += 1
    return np.divide(total, voices, out=np.full_like(total, np.nan), where=voices > 0)
