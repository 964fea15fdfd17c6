"""Training several systems within one budget of time, all judged on the same validation part."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from datasets import Dataset

from clmil.data.corpus import Corpus
from clmil.data.targets import encode_targets
from clmil.data.tokens import tokenise_texts
from clmil.errors import DataError, RecipeError, TrainingError
from clmil.labels.space import LabelSpace
from clmil.nn.predict import predict_tokens
from clmil.storage.folder import load_model
from clmil.systems.budget import text_budget
from clmil.systems.recipe import Recipe, load_recipe
from clmil.training.deadline import Deadline
from clmil.training.judging import Judge
from clmil.training.progress import ProgressListener, Silent
from clmil.training.run import train
from clmil.training.tune import held_out_parts

LINEAR = "linear"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What is compared.

    Attributes:
        systems: names of `clmil.systems.registry.SYSTEMS`, and `linear`.
        seconds: for all of them together.
        overrides: `part.key=value`, for every system.
    """

    systems: tuple[str, ...]
    seconds: float
    overrides: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Candidate:
    """A trained system.

    Attributes:
        system: its name.
        folder: of the model; None where it is not kept.
        predictions: (n, l) int8 on validation, at cross-fitted thresholds.
        train_seconds: of the whole run.
        documents_per_second: in prediction, fp32, tokenisation included.
        megabytes: of the folder; None where there is none.
        shortened: whether it had fewer steps than its recipe asks for.
        stopped: whether it was ended before the steps that were planned.
        epochs: of the last stage; None for a system without epochs.
    """

    system: str
    folder: Path | None
    predictions: np.ndarray
    train_seconds: float
    documents_per_second: float
    megabytes: float | None
    shortened: bool = False
    stopped: bool = False
    epochs: float | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Contest:
    """The candidates on the (n, l) int8 targets of the validation part, -1 unknown."""

    space: LabelSpace
    targets: np.ndarray
    candidates: tuple[Candidate, ...]
    failures: dict[str, str]


def compare(
    corpus: Corpus,
    wanted: Comparison,
    output: Path,
    *,
    overwrite: bool = False,
    progress: ProgressListener | None = None,
) -> Contest:
    """Train every system in its share of the time; what one leaves, the next ones get.

    Args:
        corpus: its test part is never read.
        wanted: which systems, and how long.
        output: folder that gets a model folder a system.
        overwrite: replace models that are there.
        progress: told what happens.

    Raises:
        ClmilError: if a system is unknown, data cannot be used, or no system came to its end.
    """
    listener = progress or Silent()
    recipes = _recipes(wanted)
    parts = held_out_parts(corpus, next(iter(recipes.values())), listener)
    judge = Judge.of(parts)
    whole = Deadline(seconds=wanted.seconds)
    candidates, failures = [], {}
    for number, (system, recipe) in enumerate(recipes.items()):
        deadline = Deadline(seconds=whole.left() / (len(recipes) - number))
        listener.note(f"{system}: {deadline.seconds:.0f} seconds")
        runner = _Runner(parts, judge, output, overwrite=overwrite, listener=listener)
        try:
            candidates.append(runner.run(system, recipe, deadline))
        except (DataError, RecipeError, TrainingError) as error:
            failures[system] = str(error)
            listener.note(f"{system} failed: {error}")
    if not candidates:
        raise TrainingError(
            "no system came to its end; "
            + " ".join(f"{system}: {said}" for system, said in failures.items())
        )
    return Contest(
        space=judge.space,
        targets=judge.targets,
        candidates=tuple(candidates),
        failures=failures,
    )


@dataclass(frozen=True)
class _Runner:
    parts: Corpus
    judge: Judge
    output: Path
    overwrite: bool
    listener: ProgressListener

    def run(self, system: str, recipe: Recipe, deadline: Deadline) -> Candidate:
        """Train one system and judge it."""
        if system == LINEAR:
            return self._linear(recipe)
        folder = self.output / system
        result = train(
            self.parts,
            recipe,
            folder,
            overwrite=self.overwrite,
            progress=_WithoutEnd(self.listener),
            deadline=deadline,
        )
        raw, seconds = _network_probabilities(folder, self.judge.texts)
        stages = result.metrics["stages"]
        return Candidate(
            system=system,
            folder=folder,
            predictions=self.judge.decide(raw, recipe),
            train_seconds=float(result.metrics["seconds"]),
            documents_per_second=len(raw) / seconds,
            megabytes=_megabytes(folder),
            shortened=bool(deadline.shortened),
            stopped=bool(deadline.stopped),
            epochs=round(float(list(stages.values())[-1]["epochs"]), 2),
        )

    def _linear(self, recipe: Recipe) -> Candidate:
        """Train the linear model, which is too fast to need a clock; it lives in memory only."""
        from clmil.systems.linear import LinearModel

        train_part: Dataset = self.parts.train
        targets = encode_targets(train_part, self.judge.space.names, where="train")
        began = time.monotonic()
        model = LinearModel().fit(list(train_part["text"]), targets)
        trained = time.monotonic()
        raw = model.predict_proba(self.judge.texts)
        seconds = max(time.monotonic() - trained, 1e-6)
        return Candidate(
            system=LINEAR,
            folder=None,
            predictions=self.judge.decide(raw, recipe),
            train_seconds=round(trained - began, 2),
            documents_per_second=len(raw) / seconds,
            megabytes=None,
        )


class _WithoutEnd(ProgressListener):
    """Passes the news on, but keeps the display open from one run to the next."""

    def __init__(self, listener: ProgressListener) -> None:
        self.listener = listener

    def stage(self, name: str, steps: int) -> None:
        """Begin a stage."""
        self.listener.stage(name, steps)

    def step(
        self, done: int, total: int, losses: dict[str, float], documents_per_second: float
    ) -> None:
        """Report a step."""
        self.listener.step(done, total, losses, documents_per_second)

    def scores(self, stage: str, epoch: float, scores: dict[str, float], best: bool) -> None:
        """Report a validation."""
        self.listener.scores(stage, epoch, scores, best)


def _recipes(wanted: Comparison) -> dict[str, Recipe]:
    """Return a recipe a system, the linear one first, since it leaves its time to the others."""
    if not wanted.systems:
        raise RecipeError("there is nothing to compare; name systems, as `clmil systems` does.")
    ordered = sorted(dict.fromkeys(wanted.systems), key=lambda system: system != LINEAR)
    names = {system: None if system == LINEAR else system for system in ordered}
    return {
        system: load_recipe("default", system=name, overrides=wanted.overrides)
        for system, name in names.items()
    }


def _network_probabilities(folder: Path, texts: Sequence[str]) -> tuple[np.ndarray, float]:
    """Return (n, l) float32 probabilities of a saved model, and the seconds that they took."""
    model = load_model(folder)
    network = model.network
    budget = text_budget(network.settings, len(model.space), network.window)
    began = time.monotonic()
    raw = predict_tokens(network, tokenise_texts(texts, model.tokenizer, budget))
    return raw, max(time.monotonic() - began, 1e-6)


def _megabytes(folder: Path) -> float:
    files = (path for path in folder.iterdir() if path.is_file())
    return round(sum(path.stat().st_size for path in files) / 1e6, 1)
