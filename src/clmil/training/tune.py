"""Searching for a better recipe, judged on validation alone, resumable at any point.

Optuna drives `clmil.training.run.train` itself rather than through
`Trainer.hyperparameter_search`, since a run has two stages, each with a Trainer of its own.
"""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from clmil.data.corpus import Corpus
from clmil.data.split import carve_validation
from clmil.errors import RecipeError, TrainingError
from clmil.storage.atomic import write_json, write_text
from clmil.systems.recipe import with_settings
from clmil.systems.registry import family_of
from clmil.systems.search import Space
from clmil.systems.settings import Recipe
from clmil.training.progress import ProgressListener, Silent
from clmil.training.study import Trial, finished, open_study, quiet_optuna, take_up
from clmil.training.trials import METRICS, Objective
from clmil.training.workspace import fingerprint, open_run

if TYPE_CHECKING:
    import optuna


@dataclass(frozen=True, kw_only=True)
class Search:
    """How long to search, and for what.

    Attributes:
        trials: in all, those of earlier sessions included.
        seconds: after which no trial starts; None: no limit.
        metric: the validation score to raise, of `METRICS`.
        space: what varies; None: what the system's family says is worth it.
    """

    trials: int = 20
    seconds: float | None = None
    metric: str = "micro_f1"
    space: Space | None = None


@dataclass(frozen=True, kw_only=True)
class TuningResult:
    """The best recipe's file, its score on validation, and all finished trials."""

    recipe: Path
    score: float
    trials: tuple[Trial, ...]


def tune(
    corpus: Corpus,
    recipe: Recipe,
    output: Path,
    search: Search,
    *,
    resume: bool = False,
    overwrite: bool = False,
    progress: ProgressListener | None = None,
) -> TuningResult:
    """Search for the recipe with the best validation score and write it to `recipe.yaml`.

    Args:
        corpus: its test part is never read.
        recipe: what is searched around; its own settings are the first trial.
        output: folder to make, for `recipe.yaml`, `trials.json` and what a resume needs.
        search: how long, and for what.
        resume: go on; the finished trials count, the unfinished one goes on from its checkpoint.
        overwrite: delete what `output` holds.
        progress: told what happens.

    Raises:
        ClmilError: one sentence on what is wrong, or that no trial came to its end.
    """
    if search.metric not in METRICS:
        raise RecipeError(
            f"the metric {search.metric!r} is unknown; give one of {', '.join(METRICS)}."
        )
    listener = progress or Silent()
    parts = held_out_parts(corpus, recipe, listener)
    space = search.space or _default_space(recipe)
    about = _known_by(recipe, parts, search.metric, space)
    opened = open_run(output, about, resume=resume, overwrite=overwrite)
    with opened as work, quiet_optuna():
        objective = Objective(
            corpus=parts,
            recipe=recipe,
            space=space,
            folder=work,
            metric=search.metric,
            listener=listener,
        )
        study = open_study(work / "study.db", recipe.seed)
        take_up(study, recipe, space)
        left = search.trials - len(finished(study))
        if left > 0:
            study.optimize(
                objective,
                n_trials=left,
                timeout=search.seconds,
                catch=(TrainingError, RecipeError),
                callbacks=[lambda study, trial: _keep(study, trial, objective, output)],
            )
    done = finished(study)
    if not any(trial.state == "complete" for trial in done):
        raise TrainingError(
            f"none of the {len(done)} trials came to its end; see {output / 'trials.json'}, give "
            "more --trials, more --time or a narrower --space."
        )
    return TuningResult(recipe=output / "recipe.yaml", score=study.best_value, trials=done)


def _known_by(recipe: Recipe, parts: Corpus, metric: str, space: Space) -> dict[str, Any]:
    """Return what a search that goes on has to share with the one that was interrupted.

    Parts of the recipe that vary count also where they are off, as trials may switch them on.
    """
    varied = sorted({key.partition(".")[0] for key in space})
    told = {
        "recipe": recipe.plain(),
        "data": fingerprint(parts.train, parts.validation),
        "metric": metric,
        "space": {key: asdict(kind) for key, kind in space.items()},
        "recipe of what varies": {part: recipe.plain().get(part) for part in varied},
    }
    plain: dict[str, Any] = json.loads(json.dumps(told))  # as the file of the run gives it back
    return plain


def _default_space(recipe: Recipe) -> Space:
    space = family_of(recipe.system).search_space(recipe)
    if not space:
        raise RecipeError(
            f"the system {recipe.system} chooses its settings itself as it trains; run "
            "`clmil train`, or say with --space what a search should vary."
        )
    return space


def _keep(
    study: "optuna.Study",
    trial: "optuna.trial.FrozenTrial",
    objective: Objective,
    output: Path,
) -> None:
    """Write what is known after each trial, so that a kill loses no more than one."""
    objective.clear(trial)
    write_json(output / "trials.json", [asdict(one) for one in finished(study)])
    state = trial.state.name.lower()
    if state == "complete" and study.best_trial.number == trial.number:
        best = with_settings(objective.recipe, trial.params)
        write_text(output / "recipe.yaml", yaml.safe_dump(best.plain(), sort_keys=False))
    told = "" if trial.value is None else f", validation {objective.metric} {trial.value:.4f}"
    objective.listener.note(f"trial {trial.number + 1}: {state}{told}")


def held_out_parts(corpus: Corpus, recipe: Recipe, listener: ProgressListener) -> Corpus:
    """Return the corpus without its test part, with one validation part for all runs."""
    for sentence in corpus.notes:
        listener.note(sentence)
    if corpus.validation is not None:
        return replace(corpus, test=None, notes=())
    share = recipe.training.validation_share
    train, validation, notes = carve_validation(corpus.train, share=share, seed=recipe.seed)
    for sentence in notes:
        listener.note(sentence)
    return replace(corpus, train=train, validation=validation, test=None, notes=())
