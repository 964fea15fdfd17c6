"""Training several systems within one budget of time, all judged on the same validation part."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from clmil.data.corpus import Corpus
from clmil.errors import DataError, RecipeError, TrainingError
from clmil.labels.space import LabelSpace
from clmil.systems.recipe import find_system, known_keys, load_recipe, recipe_model, split_override
from clmil.systems.settings import Recipe
from clmil.training import ranks
from clmil.training.deadline import Deadline
from clmil.training.judging import Judge
from clmil.training.progress import ProgressListener, Silent
from clmil.training.run import train
from clmil.training.tune import held_out_parts

LINEAR = "linear"
"""Runs first: it is fast, and leaves its time to the others."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What is compared.

    Attributes:
        systems: names of `clmil.systems.registry.SYSTEMS`.
        seconds: for all of them together.
        overrides: `part.key=value`, for every system whose recipe has the key.
    """

    systems: tuple[str, ...]
    seconds: float
    overrides: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Candidate:
    """A trained system.

    Attributes:
        system: its name.
        folder: of the model.
        predictions: (n, l) int8 on validation, at cross-fitted thresholds.
        train_seconds: of the whole run.
        documents_per_second: in prediction, fp32, tokenisation included.
        megabytes: of the folder.
        shortened: whether it had fewer steps than its recipe asks for.
        stopped: whether it was ended before the steps that were planned.
        epochs: of the last stage; None for a system without epochs.
    """

    system: str
    folder: Path
    predictions: np.ndarray
    train_seconds: float
    documents_per_second: float
    megabytes: float
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
    if ranks.processes() > 1:
        raise RecipeError("`clmil compare` runs in one process; start it without torchrun.")
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
        folder = self.output / system
        result = train(
            self.parts,
            recipe,
            folder,
            overwrite=self.overwrite,
            progress=_WithoutEnd(self.listener),
            deadline=deadline,
        )
        assert result.validation is not None  # compare runs in one process
        metrics = result.metrics
        epochs = list(metrics["stages"].values())[-1].get("epochs")
        return Candidate(
            system=system,
            folder=folder,
            predictions=self.judge.decide(result.validation, recipe),
            train_seconds=float(metrics["seconds"]),
            documents_per_second=float(metrics["prediction"]["documents_per_second"]),
            megabytes=_megabytes(folder),
            shortened=bool(deadline.shortened),
            stopped=bool(deadline.stopped),
            epochs=None if epochs is None else round(float(epochs), 2),
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
    """Return a recipe a system, in the order in which they run."""
    if not wanted.systems:
        raise RecipeError("there is nothing to compare; name systems, as `clmil systems` does.")
    ordered = sorted(dict.fromkeys(wanted.systems), key=lambda system: system != LINEAR)
    known = {system: known_keys(recipe_model(find_system(system).name)) for system in ordered}
    for override in wanted.overrides:
        key, _ = split_override(override)
        if not any(_takes(keys, key) for keys in known.values()):
            load_recipe("default", system=ordered[-1], overrides=[override])  # says what is wrong
    return {
        system: load_recipe(
            "default",
            system=system,
            overrides=[one for one in wanted.overrides if _takes(keys, split_override(one)[0])],
        )
        for system, keys in known.items()
    }


def _takes(known: list[str], key: str) -> bool:
    """Tell whether a recipe has a key, or parts below it."""
    return any(one == key or one.startswith(f"{key}.") for one in known)


def _megabytes(folder: Path) -> float:
    files = (path for path in folder.iterdir() if path.is_file())
    return round(sum(path.stat().st_size for path in files) / 1e6, 1)
