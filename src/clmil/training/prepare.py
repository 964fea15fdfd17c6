"""What a run needs before its first step: made by one process, and read by the others."""

from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from datasets import Dataset

from clmil.data.corpus import Corpus
from clmil.data.split import carve_validation
from clmil.data.targets import label_counts
from clmil.data.validate import check_trainable
from clmil.errors import RecipeError
from clmil.labels.space import LabelSpace
from clmil.storage.atomic import explained
from clmil.systems.family import Learner
from clmil.systems.material import Material
from clmil.systems.registry import family_of
from clmil.systems.settings import GradientSettings, Recipe
from clmil.systems.start import Start, sentences
from clmil.training import ranks
from clmil.training.material import gather, keep_material, kept_material
from clmil.training.progress import ProgressListener
from clmil.training.trackers import check_trackers
from clmil.training.workspace import fingerprint, is_begun, is_finished, open_run


@dataclass(frozen=True, kw_only=True)
class Workplace:
    """Where a run lies, what may be done with what is there already, and how long it is held."""

    output: Path
    resume: bool
    overwrite: bool
    held: ExitStack


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What the stages start from: documents, learner, work folder, and what was said aloud."""

    material: Material
    learner: Learner
    work: Path
    notes: tuple[str, ...]


KNOWN = (
    "validation is drawn from train, of which the model to go on from may know documents, so that "
    "its scores flatter; give a validation part that is new to it."
)


def prepare(
    corpus: Corpus,
    recipe: Recipe,
    place: Workplace,
    listener: ProgressListener,
    start: Start | None = None,
) -> Prepared | None:
    """Carve, check and tokenise on the first process; the others read what it wrote.

    Returns:
        What the stages start from; None if a run that was to go on is finished already.

    Raises:
        ClmilError: one sentence on what is wrong with data, recipe or folder, on every process.
    """
    made: list[Prepared] = []

    def lead() -> dict[str, Any] | None:
        prepared = _prepare(corpus, recipe, place, listener, start)
        if prepared is None:
            return None
        made.append(prepared)
        if ranks.processes() > 1:
            keep_material(prepared.material, prepared.work / "cache")
        return {"space": prepared.material.space.to_json(), "work": str(prepared.work)}

    told = ranks.from_leader(lead)
    if made or told is None:
        return made[0] if made else None
    work = Path(told["work"])
    material = kept_material(work / "cache", LabelSpace.from_json(told["space"]))
    learner, _ = _learner(recipe, material, start)
    learner.read(work / "cache", made=True)
    return Prepared(material=material, learner=learner, work=work, notes=())


def check_processes(recipe: Recipe) -> None:
    """Raise a `RecipeError` if several processes were started for a system that takes one."""
    if ranks.processes() > 1 and not family_of(recipe.system).shared:
        raise RecipeError(
            f"the system {recipe.system} trains in one process, but {ranks.processes()} were "
            "started; run `clmil train` without torchrun or accelerate."
        )


def _learner(
    recipe: Recipe, material: Material, start: Start | None
) -> tuple[Learner, tuple[str, ...]]:
    """Return the learner, and what is to be said of the model that it goes on from."""
    learner = family_of(recipe.system).learner(recipe, material)
    return learner, () if start is None else sentences(learner.take_up(start))


def _prepare(
    corpus: Corpus,
    recipe: Recipe,
    place: Workplace,
    listener: ProgressListener,
    start: Start | None,
) -> Prepared | None:
    train_part, validation, notes = _parts(corpus, recipe)
    if start is not None and corpus.validation is None:
        notes += (KNOWN,)
    material = gather(corpus, train_part, validation)
    learner, said = _learner(recipe, material, start)
    notes += said
    if not (place.resume and is_begun(place.output)):
        learner.check(place.output)
    run = {
        "recipe": recipe.plain(),
        "data": fingerprint(train_part, validation),
        "descriptions": list(material.space.descriptions),
        "precision": _precision(recipe),
        "model to start from": None if start is None else start.weights,
        "processes": ranks.processes(),
        "versions": {name: version(name) for name in family_of(recipe.system).modules},
    }
    if place.resume and is_finished(place.output, run):
        return None
    check_trackers(recipe)
    opened = open_run(place.output, run, resume=place.resume, overwrite=place.overwrite, keep=True)
    work = place.held.enter_context(opened)
    for sentence in notes:
        listener.note(sentence)
    with explained(work):
        learner.read(work / "cache")
    return Prepared(material=material, learner=learner, work=work, notes=notes)


def _precision(recipe: Recipe) -> str:
    """Return in which number format the run computes, or all in which its parts do."""
    wanted = [one.precision for one in recipe.trainings() if isinstance(one, GradientSettings)]
    if not wanted:
        return "fp32"
    from clmil.nn.precision import resolve_precision

    return ", ".join(sorted({resolve_precision(one) for one in wanted}))


def _parts(corpus: Corpus, recipe: Recipe) -> tuple[Dataset, Dataset, tuple[str, ...]]:
    notes = corpus.notes + check_trainable(corpus.train, label_counts(corpus.train))
    if corpus.validation is not None:
        return corpus.train, corpus.validation, notes
    train_part, validation, said = carve_validation(
        corpus.train, share=recipe.training.validation_share, seed=recipe.seed
    )
    return train_part, validation, notes + said
