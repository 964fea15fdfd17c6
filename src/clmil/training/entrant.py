"""One system of a comparison: trained in its time, judged, and taken up again after a kill."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clmil.data.corpus import Corpus
from clmil.decisions.answers import Answers
from clmil.storage.folder import is_model, model_files, read_facts
from clmil.systems.registry import family_of
from clmil.systems.settings import Recipe
from clmil.training.contest import Candidate
from clmil.training.deadline import Deadline
from clmil.training.judging import Judge
from clmil.training.ledger import Ledger
from clmil.training.progress import ProgressListener
from clmil.training.run import train
from clmil.training.workspace import WORK


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What all systems of a comparison share.

    Attributes:
        parts: train and validation.
        judge: of the candidates.
        output: folder that gets a model folder a system.
        ledger: of the comparison.
        listener: told what happens.
    """

    parts: Corpus
    judge: Judge
    output: Path
    ledger: Ledger
    listener: ProgressListener


def enter(recipe: Recipe, ground: Ground, deadline: Deadline) -> Candidate:
    """Train a system, or go on with it, and judge it.

    Raises:
        ClmilError: as `train`.
    """
    system = recipe.system
    folder = ground.output / system
    earlier = ground.ledger.spent(system)
    if is_model(folder):  # killed after it was written and before it was judged
        metrics, said = _written(folder, recipe, ground.judge)
        earlier = max(earlier - metrics["seconds"], 0.0)
    else:
        metrics, said = _trained(folder, recipe, ground, deadline)
    stages = reversed(metrics["stages"].values())  # the last may be no epochs long
    epochs = next((stage["epochs"] for stage in stages if "epochs" in stage), None)
    return Candidate(
        system=system,
        folder=folder,
        predictions=ground.judge.decide(said, recipe),
        train_seconds=round(earlier + float(metrics["seconds"]), 1),
        documents_per_second=float(metrics["prediction"]["documents_per_second"]),
        megabytes=_megabytes(folder),
        shortened=bool(deadline.shortened),
        stopped=bool(deadline.stopped),
        epochs=None if epochs is None else round(float(epochs), 2),
    )


def _trained(
    folder: Path, recipe: Recipe, ground: Ground, deadline: Deadline
) -> tuple[dict[str, Any], Answers]:
    if not (folder / WORK / "run.json").exists():  # killed before it had begun
        shutil.rmtree(folder, ignore_errors=True)
    result = train(
        ground.parts,
        recipe,
        folder,
        resume=True,
        progress=_Timed(ground, recipe.system, deadline),
        deadline=deadline,
    )
    assert result.validation is not None  # a comparison runs in one process
    return result.metrics, result.validation


def _written(folder: Path, recipe: Recipe, judge: Judge) -> tuple[dict[str, Any], Answers]:
    scorer = family_of(recipe.system).load(folder, len(judge.space), "fp32")
    return read_facts(folder).metrics, scorer.answer(judge.texts)


def _megabytes(folder: Path) -> float:
    return round(sum(path.stat().st_size for path in model_files(folder)) / 1e6, 1)


class _Timed(ProgressListener):
    """Passes the news on and notes the time, but keeps the display open for the next run."""

    def __init__(self, ground: Ground, system: str, deadline: Deadline) -> None:
        self.listener = ground.listener
        self.ledger, self.system, self.deadline = ground.ledger, system, deadline

    def stage(self, name: str, steps: int) -> None:
        """Begin a stage."""
        self.ledger.note(self.system, self.deadline)
        self.listener.stage(name, steps)

    def step(
        self, done: int, total: int, losses: dict[str, float], documents_per_second: float
    ) -> None:
        """Report a step."""
        self.ledger.note(self.system, self.deadline)
        self.listener.step(done, total, losses, documents_per_second)

    def scores(self, stage: str, epoch: float, scores: dict[str, float], best: bool) -> None:
        """Report a validation."""
        self.ledger.note(self.system, self.deadline, now=True)
        self.listener.scores(stage, epoch, scores, best)
