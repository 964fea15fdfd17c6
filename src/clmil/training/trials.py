"""One trial of a search: a run whose validations decide whether it goes on."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clmil.data.corpus import Corpus
from clmil.errors import RecipeError, TrainingError
from clmil.systems.recipe import with_settings
from clmil.systems.search import Categorical, Range, Space, Value
from clmil.systems.settings import Recipe
from clmil.training.progress import ProgressListener
from clmil.training.run import train
from clmil.training.study import ENDED, place_of
from clmil.training.workspace import WORK

if TYPE_CHECKING:
    import optuna

METRICS = ("micro_f1", "macro_f1")
"""Validation scores by which recipes may be compared."""


class Judging(ProgressListener):
    """Passes the news on, and ends a trial whose validation is worse than the others' median.

    Trials are compared at the same share of their steps, in per cent: where the number of epochs
    is searched too, a short trial's rate has come down when a long one's is still high. Notes,
    which are the same in all trials, are dropped.
    """

    def __init__(self, trial: "optuna.Trial", metric: str, listener: ProgressListener) -> None:
        self.trial, self.metric, self.listener = trial, metric, listener
        self._share = 0.0
        self._stages: list[str] = []

    def stage(self, name: str, steps: int) -> None:
        """Begin a stage."""
        self._share = 0.0
        self.listener.stage(name, steps)

    def step(
        self, done: int, total: int, losses: dict[str, float], documents_per_second: float
    ) -> None:
        """Report a step."""
        self._share = done / max(total, 1)
        self.listener.step(done, total, losses, documents_per_second)

    def scores(self, stage: str, epoch: float, scores: dict[str, float], best: bool) -> None:
        """Report a validation to the search.

        Raises:
            optuna.TrialPruned: if the trial is not worth going on with.
        """
        import optuna

        self.listener.scores(stage, epoch, scores, best)
        if self.metric not in scores:
            return
        self.trial.report(scores[self.metric], self._place(stage))
        if self.trial.should_prune():
            raise optuna.TrialPruned

    def _place(self, stage: str) -> int:
        """Return how far the trial is: per cent of a stage, after those judged before."""
        if stage not in self._stages:
            self._stages.append(stage)
        return 101 * self._stages.index(stage) + round(100 * self._share)

    def finish(self) -> None:
        """End the display."""
        self.listener.finish()


@dataclass(frozen=True, kw_only=True)
class Objective:
    """Trains with settings that a trial suggests; gives the validation score of its best weights.

    Attributes:
        corpus: with a validation part and without a test part.
        recipe: what the settings change.
        space: which settings.
        folder: where trials work.
        metric: of `METRICS`.
        listener: told what happens.
    """

    corpus: Corpus
    recipe: Recipe
    space: Space
    folder: Path
    metric: str
    listener: ProgressListener

    def __call__(self, trial: "optuna.Trial") -> float:
        """Run a trial, or go on with one that was interrupted, and delete its weights."""
        settings = {key: suggest(trial, key, kind) for key, kind in self.space.items()}
        place = self.folder / place_of(trial)
        trial.set_user_attr("place", place.name)
        told = ", ".join(f"{key}={_short(value)}" for key, value in settings.items())
        self.listener.note(f"trial {trial.number + 1}: {told}")
        try:
            result = train(
                self.corpus,
                with_settings(self.recipe, settings),
                place,
                resume=(place / WORK / "run.json").exists(),
                overwrite=True,
                progress=Judging(trial, self.metric, self.listener),
            )
        except (TrainingError, RecipeError) as error:
            trial.set_user_attr(ENDED, str(error))
            self.listener.note(f"trial {trial.number + 1} failed: {error}")
            raise
        return float(result.metrics["validation"][self.metric])

    def clear(self, trial: "optuna.trial.FrozenTrial") -> None:
        """Delete what a finished trial left on disk."""
        shutil.rmtree(self.folder / place_of(trial), ignore_errors=True)


def suggest(trial: "optuna.Trial", key: str, kind: Range | Categorical) -> Value:
    """Draw a value of a setting."""
    if isinstance(kind, Categorical):
        value: Value = trial.suggest_categorical(key, list(kind.values))
        return value
    if kind.whole and (kind.step is None or isinstance(kind.step, int)):
        low, high = int(kind.low), int(kind.high)
        whole: int = trial.suggest_int(key, low, high, log=kind.log, step=int(kind.step or 1))
        return whole
    real: float = trial.suggest_float(key, kind.low, kind.high, log=kind.log, step=kind.step)
    return real


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
