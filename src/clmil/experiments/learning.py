"""The training half of a cell: a corpus and a recipe to a model folder."""

import shutil
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clmil.data.corpus import Corpus
from clmil.storage.atomic import read_json, write_json
from clmil.storage.folder import CONFIG
from clmil.systems.settings import Recipe
from clmil.training.progress import Silent
from clmil.training.run import train
from clmil.training.tune import held_out_parts
from clmil.training.workspace import WORK, is_begun

CONTRASTIVE_WEIGHTS = "contrastive.safetensors"
"""What the contrastive stage left, kept beside the model while a cell is measured."""

SPENT = "spent.json"
"""What the training took; it is written when the model is complete."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Learnt:
    """A trained system.

    Attributes:
        model: its folder.
        parts: the train and validation parts that it learnt from.
        metrics: as `train` returns them.
        contrastive: weights after the contrastive stage, None where there was none.
        seconds: that the training took, over all its sittings.
        processor_seconds: the same, of all its threads.
    """

    model: Path
    parts: Corpus
    metrics: dict[str, Any]
    contrastive: Path | None
    seconds: float
    processor_seconds: float


def learn(corpus: Corpus, recipe: Recipe, folder: Path) -> Learnt:
    """Train a system in `folder`; an interrupted run that it holds goes on, a finished one stays.

    Raises:
        ClmilError: if data, recipe, encoder or folder cannot be used.
    """
    parts = held_out_parts(corpus, recipe, Silent())
    model, kept = folder / "model", folder / CONTRASTIVE_WEIGHTS
    spent = folder / SPENT
    if not spent.is_file():  # else it was killed, or its cell deleted, after the training
        resume = is_begun(model) and not (model / CONFIG).exists()
        began, keeper = time.process_time(), _Keeper(model / WORK, kept)
        done = train(parts, recipe, model, resume=resume, overwrite=not resume, progress=keeper)
        now = done.metrics["seconds"], time.process_time() - began
        write_json(spent, _spent(done.metrics["stages"].values(), *now))
    return Learnt(
        model=model,
        parts=parts,
        metrics=read_json(model / "metrics.json"),
        contrastive=kept if kept.is_file() else None,
        **read_json(spent),
    )


def _spent(
    stages: Collection[dict[str, Any]], seconds: float, processor_seconds: float
) -> dict[str, float]:
    """Return what a training took: the last sitting, or more if its stages had earlier ones."""
    sitting = {"seconds": seconds, "processor_seconds": processor_seconds}
    return {
        name: round(max(value, sum(stage.get(name, 0.0) for stage in stages)), 1)
        for name, value in sitting.items()
    }


class _Keeper(Silent):
    """Copies the weights of the finished contrastive stage when the next stage begins."""

    def __init__(self, work: Path, kept: Path) -> None:
        self.finished, self.kept = work / "contrastive" / "finished.safetensors", kept

    def stage(self, name: str, steps: int) -> None:  # noqa: ARG002
        """Begin a stage."""
        if name != "contrastive" and self.finished.is_file():
            shutil.copyfile(self.finished, self.kept)
