"""Training several systems within one budget of time, all judged on the same validation part."""

from dataclasses import dataclass
from pathlib import Path

from clmil.data.corpus import Corpus
from clmil.errors import DataError, ModelError, RecipeError, TrainingError
from clmil.systems.recipe import (
    applicable,
    find_system,
    known_keys,
    load_recipe,
    recipe_model,
    split_override,
    takes,
)
from clmil.systems.settings import Recipe
from clmil.training import ranks
from clmil.training.contest import Candidate, Contest
from clmil.training.entrant import Ground, enter
from clmil.training.judging import Judge
from clmil.training.ledger import Ledger
from clmil.training.progress import ProgressListener, Silent, closing_display
from clmil.training.tune import held_out_parts
from clmil.training.workspace import fingerprint, open_run

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


def compare(
    corpus: Corpus,
    wanted: Comparison,
    output: Path,
    *,
    resume: bool = False,
    overwrite: bool = False,
    progress: ProgressListener | None = None,
) -> Contest:
    """Train every system in its share of the time; what one leaves, the next ones get.

    Args:
        corpus: its test part is never read.
        wanted: which systems, and how long.
        output: folder that gets a model folder a system.
        resume: go on with an interrupted comparison in `output`; what is finished stays, the time
            that was taken counts, and what failed is tried again.
        overwrite: delete what `output` holds.
        progress: told what happens.

    Raises:
        ClmilError: if a system is unknown, data cannot be used, or no system came to its end.
    """
    if ranks.processes() > 1:
        raise RecipeError("`clmil compare` runs in one process; start it without torchrun.")
    listener = progress or Silent()
    recipes = _recipes(wanted)
    parts = held_out_parts(corpus, next(iter(recipes.values())), listener)
    about = {
        "data": fingerprint(parts.train, parts.validation),
        "descriptions": dict(parts.descriptions),
        "recipe": {system: recipe.plain() for system, recipe in recipes.items()},
    }
    opened = open_run(output, about, resume=resume, overwrite=overwrite)
    with opened as work, closing_display(listener):
        ground = Ground(
            parts=parts,
            judge=Judge.of(parts),
            output=output,
            ledger=Ledger(work, output),
            listener=listener,
        )
        candidates, failures = _entered(recipes, ground, wanted.seconds)
    if not candidates:
        raise TrainingError(
            "no system came to its end; "
            + " ".join(f"{system}: {said}" for system, said in failures.items())
        )
    return Contest(
        space=ground.judge.space,
        targets=ground.judge.targets,
        candidates=tuple(candidates),
        failures=failures,
    )


def _entered(
    recipes: dict[str, Recipe], ground: Ground, seconds: float
) -> tuple[list[Candidate], dict[str, str]]:
    """Let every system that is not finished enter; return the candidates and what failed."""
    ledger, listener = ground.ledger, ground.listener
    candidates, failures = [], {}
    for number, (system, recipe) in enumerate(recipes.items()):
        before = ledger.finished(system)
        if before is not None:
            candidates.append(before)
            listener.note(f"{system} is finished already")
            continue
        waiting = sum(ledger.finished(name) is None for name in list(recipes)[number:])
        deadline = ledger.deadline(system, seconds, waiting)
        listener.note(f"{system}: {deadline.left():.0f} seconds")
        try:
            candidates.append(enter(recipe, ground, deadline))
            ledger.note(system, deadline, now=True)
            ledger.finish(candidates[-1])
        except (DataError, ModelError, RecipeError, TrainingError) as error:
            ledger.note(system, deadline, now=True)
            failures[system] = str(error)
            listener.note(f"{system} failed: {error}")
    return candidates, failures


def _recipes(wanted: Comparison) -> dict[str, Recipe]:
    """Return a recipe a system, in the order in which they run."""
    if not wanted.systems:
        raise RecipeError("there is nothing to compare; name systems, as `clmil systems` does.")
    ordered = sorted(dict.fromkeys(wanted.systems), key=lambda system: system != LINEAR)
    known = {system: known_keys(recipe_model(find_system(system).name)) for system in ordered}
    plain = {system: load_recipe("default", system=system) for system in ordered}
    for override in wanted.overrides:
        key, _ = split_override(override)
        taken = any(takes(keys, key) for keys in known.values())
        if not taken and all(one.handed([override]) == one for one in plain.values()):
            load_recipe("default", system=ordered[-1], overrides=[override])  # says what is wrong
    return {
        system: load_recipe(
            "default", system=system, overrides=applicable(wanted.overrides, keys)
        ).handed(wanted.overrides)
        for system, keys in known.items()
    }
