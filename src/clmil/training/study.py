"""The record of a search: an Optuna study in a SQLite file, which a kill leaves whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clmil.systems.search import Space, holds
from clmil.systems.settings import Recipe

if TYPE_CHECKING:
    import optuna

STARTUP = 5
"""Trials at random, and before one may be ended early."""

SPARED = 20
"""Per cent of a trial's steps before which it is not ended: its rate is still warming up."""

ENDED = "ended"
"""Mark of a trial that failed by itself; a failed one without it was interrupted."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A finished trial: `state` is complete, pruned or fail; `score` its last validation."""

    number: int
    state: str
    score: float | None
    settings: dict[str, Any]


def open_study(path: Path, seed: int) -> "optuna.Study":
    """Open or make a study; a resumed one draws other trials than those that it has."""
    import optuna

    study = optuna.create_study(
        study_name="clmil",
        storage=f"sqlite:///{path.resolve()}",
        direction="maximize",
        load_if_exists=True,
        pruner=optuna.pruners.MedianPruner(n_startup_trials=STARTUP, n_warmup_steps=SPARED),
    )
    study.sampler = optuna.samplers.TPESampler(
        seed=seed + len(study.trials), n_startup_trials=STARTUP
    )
    return study


def take_up(study: "optuna.Study", recipe: Recipe, space: Space) -> None:
    """Put interrupted trials first; in a new study, the recipe's own settings."""
    import optuna

    if not study.trials:
        own = {key: _at(recipe, key) for key in space}
        study.enqueue_trial({key: own[key] for key, kind in space.items() if holds(kind, own[key])})
    again = set(study.user_attrs.get("again", ()))
    for trial in study.trials:
        if trial.state == optuna.trial.TrialState.RUNNING:
            study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
        elif not _interrupted(trial):
            continue
        if trial.number not in again:
            again.add(trial.number)
            study.enqueue_trial(trial.params, user_attrs={"place": place_of(trial)})
    study.set_user_attr("again", sorted(again))


def place_of(trial: Any) -> str:
    """Return the name of the folder in which a trial works."""
    return str(trial.user_attrs.get("place", f"trial-{trial.number}"))


def finished(study: "optuna.Study") -> tuple[Trial, ...]:
    """Return the finished trials; one that was interrupted counts when it is run again."""
    return tuple(
        Trial(
            number=trial.number,
            state=trial.state.name.lower(),
            score=_last(trial) if trial.value is None else trial.value,
            settings=trial.params,
        )
        for trial in study.trials
        if trial.state.is_finished() and not _interrupted(trial)
    )


@contextmanager
def quiet_optuna() -> Iterator[None]:
    """Silence Optuna's log beside our own, then put back what was."""
    import optuna

    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(level)


def _interrupted(trial: "optuna.trial.FrozenTrial") -> bool:
    return trial.state.name == "FAIL" and ENDED not in trial.user_attrs


def _at(recipe: Recipe, key: str) -> Any:
    value: Any = recipe.plain()
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _last(trial: "optuna.trial.FrozenTrial") -> float | None:
    values = trial.intermediate_values
    return values[max(values)] if values else None
