"""A whole training run: from a corpus and a recipe to a model folder, resumable at any point."""

import shutil
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from clmil.data.corpus import Corpus
from clmil.decisions.answers import Answers
from clmil.decisions.choosing import choose_rule
from clmil.decisions.metrics import score, threshold
from clmil.decisions.rule import DecisionRule
from clmil.storage.atomic import explained, read_json
from clmil.storage.card import model_card
from clmil.storage.folder import METRICS, ModelFacts, save_folder
from clmil.storage.quiet import quiet_libraries
from clmil.systems.family import Scorer
from clmil.systems.registry import SYSTEMS, family_of
from clmil.systems.settings import Recipe
from clmil.systems.stages import Place, PlainStage, Stage
from clmil.systems.start import Start
from clmil.training import ranks
from clmil.training.deadline import Deadline
from clmil.training.plain import run_plain
from clmil.training.prepare import Prepared, Workplace, check_processes, prepare
from clmil.training.progress import ProgressListener, Silent, closing_display
from clmil.training.usage import peak_memory
from clmil.training.workspace import REPLACED


@dataclass(frozen=True, kw_only=True)
class TrainingResult:
    """Where the model lies, what came of the run, and what the user should know.

    Attributes:
        folder: of the model.
        metrics: validation scores and facts of the run.
        notes: on the data.
        validation: what the model says of the validation part; None on all processes but the
            first.
    """

    folder: Path
    metrics: dict[str, Any]
    notes: tuple[str, ...]
    validation: Answers | None = None


def train(
    corpus: Corpus,
    recipe: Recipe,
    output: Path,
    *,
    resume: bool = False,
    overwrite: bool = False,
    progress: ProgressListener | None = None,
    deadline: Deadline | None = None,
    start: Start | None = None,
) -> TrainingResult:
    """Train a system and save it as a model folder.

    Args:
        corpus: texts and labels; its test part is never read.
        recipe: all settings.
        output: folder to make.
        resume: go on with an interrupted run in `output`, to the same weights; one that is
            finished stays as it is.
        overwrite: replace what `output` holds; a model there stays until the new one is whole.
        progress: told what happens.
        deadline: by when to end, with fewer steps than the recipe asks for; None: no hurry.
        start: a trained model whose weights the run takes over, of the recipe's system; None:
            it begins afresh.

    Raises:
        ClmilError: one sentence on what is wrong with data, recipe, encoder or folder.
    """
    listener = (ranks.leads() and progress) or Silent()
    started = time.monotonic()
    quiet = quiet_libraries(transformers=family_of(recipe.system).needs_torch)
    validation: list[Answers] = []
    with quiet, closing_display(listener), ranks.standing_together(), ExitStack() as held:
        check_processes(recipe)
        place = Workplace(output=output, resume=resume, overwrite=overwrite, held=held)
        ready = prepare(corpus, recipe, place, listener, start)
        if ready is None:
            note = f"the run in {output} is finished already, so there is nothing to go on with."
            listener.note(note)
            return TrainingResult(folder=output, metrics=read_json(output / METRICS), notes=(note,))
        with explained(ready.work):
            facts = _run_stages(ready, listener, deadline)

        def finish() -> dict[str, Any]:
            scorer = ready.learner.scorer()
            said, speed = _validate(ready, scorer)
            validation.append(said)
            begun = {} if start is None else {"started_from": start.weights}
            model = _judged(ready, recipe, said, {"stages": facts, **speed, **begun}, started)
            saving, old = ready.work / "saving", ready.work / REPLACED
            aside = old if old.is_dir() else None
            save_folder(model, scorer.save, output, scratch=saving, aside=aside)
            for leftover in (*facts, "cache"):
                shutil.rmtree(ready.work / leftover, ignore_errors=True)
            return model.metrics

        metrics = ranks.from_leader(finish)
    return TrainingResult(
        folder=output,
        metrics=metrics,
        notes=ready.notes,
        validation=validation[0] if validation else None,
    )


def _run_stages(
    ready: Prepared, listener: ProgressListener, deadline: Deadline | None
) -> dict[str, Any]:
    stages = ready.learner.stages(Place(rank=ranks.rank(), processes=ranks.processes()))
    for sentence in ready.learner.notes:
        listener.note(sentence)
    return {
        stage.name: _run_stage(stage, stages, ready.work / stage.name, listener, deadline)
        for stage in stages
    }


def _run_stage(
    stage: Stage,
    stages: Sequence[Stage],
    folder: Path,
    listener: ProgressListener,
    deadline: Deadline | None,
) -> dict[str, Any]:
    if isinstance(stage, PlainStage):
        return run_plain(stage, folder, listener)
    from clmil.training.clock import clock_of
    from clmil.training.conduct import run_stage

    clock = None if deadline is None else clock_of(stage, stages, deadline)
    return run_stage(stage, folder, listener, clock)


def _validate(ready: Prepared, scorer: Scorer) -> tuple[Answers, dict[str, Any]]:
    """Return what the kept weights say of the validation part, in fp32, and how fast."""
    texts = list(ready.material.validation["text"])
    began = time.monotonic()
    said = scorer.answer(texts)
    seconds = max(time.monotonic() - began, 1e-6)
    return said, {"prediction": {"documents_per_second": round(len(texts) / seconds, 2)}}


def _judged(
    ready: Prepared, recipe: Recipe, said: Answers, facts: dict[str, Any], started: float
) -> ModelFacts:
    """Score the best weights and decide on thresholds; returns all that the folder tells."""
    material, about = ready.material, ready.learner.about()
    rule = _rule(ready, recipe, said)
    decided = threshold(said.probabilities) if said.sets is None else said.sets
    metrics = {
        "validation": score(material.validation_targets, decided).to_json(),
        "decisions": rule.chosen,
        "documents": {"train": len(material.train), "validation": len(material.validation)},
        **({} if about.lengths is None else {"lengths": about.lengths}),
        **facts,
        "seconds": round(time.monotonic() - started, 1),
        "peak_megabytes": peak_memory(),
        "clmil": version("clmil"),
    }
    card = model_card(
        system=recipe.system,
        about=about.plain(),
        space=material.space,
        recipe=recipe.plain(),
        metrics=metrics,
        version=version("clmil"),
        paper=SYSTEMS[recipe.system].paper,
    )
    return ModelFacts(
        space=material.space, rule=rule, recipe=recipe.plain(), metrics=metrics, card=card
    )


def _rule(ready: Prepared, recipe: Recipe, said: Answers) -> DecisionRule:
    """Return the system's own rule, or one chosen on validation; sets need none."""
    space = ready.material.space
    if said.sets is not None:
        return DecisionRule.fixed(len(space))
    return ready.learner.rule or choose_rule(
        said.probabilities,
        ready.material.validation_targets,
        recipe.decisions.choice(recipe.seed),
        frequency=np.array(space.counts),
    )
