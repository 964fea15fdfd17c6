"""What teachers say of the training documents: asked once, kept on disk, learnt from.

Hinton et al. (2015), in the form for labels that are judged one by one: each label's probability
is a soft target of its own.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from clmil.decisions.calibration import logit
from clmil.errors import ModelError
from clmil.systems.material import Material
from clmil.systems.stages import PlainStage
from clmil.systems.teacher import Teacher, mean_probabilities, read_teacher
from clmil.systems.teacher_settings import TeacherSettings

if TYPE_CHECKING:
    from torch import nn

SOFT = "soft.npy"
CHUNK = 1024
"""Documents that teachers are asked of at once, between two signs of progress."""


class SoftTargets:
    """The logits of a teacher, or of the mean of several, for the training documents.

    Args:
        wanted: which teachers, and how they are learnt from.
        material: of the student, whose label columns count.
    """

    _logits: np.ndarray

    def __init__(self, wanted: TeacherSettings, material: Material) -> None:
        self.wanted, self.material = wanted, material

    def __getitem__(self, rows: list[int]) -> np.ndarray:
        """Return (B, l) float16 logits, NaN where no teacher knows the label.

        They are read from disk, once the stage has been run.
        """
        return np.asarray(self._logits[rows])

    def check(self, output: Path) -> None:
        """Raise a `ModelError` if a teacher does not fit, or lies where the run will write."""
        for teacher in self._teachers():
            if output.resolve() in (teacher.folder.resolve(), *teacher.folder.resolve().parents):
                raise ModelError(
                    f"the teacher {teacher.name} lies in the output folder {output}; choose "
                    "another output."
                )

    def stage(self) -> PlainStage:
        """Return the asking of the teachers."""
        documents = len(self.material.train)
        return PlainStage(
            name="teacher",
            run=self._ask,
            load=self._take,
            documents=documents,
            steps=-(-documents // CHUNK),
        )

    def taught(self, network: "nn.Module") -> "nn.Module":
        """Return the network as it learns from these targets."""
        from clmil.nn.taught import TaughtNetwork

        return TaughtNetwork(
            network, weight=self.wanted.weight, temperature=self.wanted.temperature
        )

    def _teachers(self) -> list[Teacher]:
        return [read_teacher(name, self.material.space) for name in self.wanted.model]

    def _ask(self, folder: Path, advance: Callable[[], None]) -> dict[str, Any]:
        """Write the logits; return facts of the teachers."""
        train, labels = self.material.train, len(self.material.space)
        teachers = self._teachers()
        asked = [(teacher, teacher.scorer()) for teacher in teachers]
        soft = np.lib.format.open_memmap(
            folder / SOFT, mode="w+", dtype=np.float16, shape=(len(train), labels)
        )
        for start in range(0, len(train), CHUNK):
            if start:
                advance()
            texts = list(train[start : start + CHUNK]["text"])
            soft[start : start + CHUNK] = logit(mean_probabilities(asked, texts, labels))
        soft.flush()
        return {
            "models": [{"name": one.name, "system": one.facts.system} for one in teachers],
            "labels": len({column for one in teachers for column in one.ours}),
            "weight": self.wanted.weight,
            "temperature": self.wanted.temperature,
        }

    def _take(self, folder: Path) -> None:
        try:
            self._logits = np.load(folder / SOFT, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise ModelError(
                f"what the teacher said, {folder / SOFT}, is missing or damaged; start again with "
                "--overwrite."
            ) from error


def soft_targets(recipe: Any, material: Material) -> SoftTargets | None:
    """Return the soft targets that a recipe asks for, if its system can learn from any."""
    wanted: TeacherSettings | None = getattr(recipe, "teacher", None)
    return SoftTargets(wanted, material) if wanted is not None and wanted.enabled else None
