"""A whole training run: from a corpus and a recipe to a model folder, resumable at any point."""

import shutil
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from clmil.data.corpus import Corpus
from clmil.decisions.choosing import choose_rule
from clmil.decisions.metrics import score, threshold
from clmil.decisions.rule import DecisionRule
from clmil.nn.model import ClMilModel
from clmil.nn.predict import predict_tokens
from clmil.storage.atomic import explained
from clmil.storage.card import model_card
from clmil.storage.encoders import LoadedEncoder, load_encoder
from clmil.storage.folder import SavedModel, save_model
from clmil.storage.quiet import quiet_libraries
from clmil.systems.recipe import Recipe
from clmil.systems.registry import SYSTEMS
from clmil.training import ranks
from clmil.training.conduct import keep_time, run_stage
from clmil.training.deadline import Deadline
from clmil.training.material import Material, text_lengths
from clmil.training.prepare import Prepared, Workplace, prepare
from clmil.training.progress import ProgressListener, Silent, closing_display
from clmil.training.stages import plan_stages
from clmil.training.workspace import WORK

RANGED = 128
"""Validation texts from which int8 prediction takes its scales."""


@dataclass(frozen=True, kw_only=True)
class TrainingResult:
    """Where the model lies, its validation scores and facts, and what the user should know."""

    folder: Path
    metrics: dict[str, Any]
    notes: tuple[str, ...]


def train(
    corpus: Corpus,
    recipe: Recipe,
    output: Path,
    *,
    resume: bool = False,
    overwrite: bool = False,
    progress: ProgressListener | None = None,
    deadline: Deadline | None = None,
) -> TrainingResult:
    """Train a system and save it as a model folder.

    Args:
        corpus: texts and labels; its test part is never read.
        recipe: all settings.
        output: folder to make.
        resume: go on with an interrupted run in `output`, to the same weights.
        overwrite: delete what `output` holds.
        progress: told what happens.
        deadline: by when to end, with fewer steps than the recipe asks for; None: no hurry.

    Raises:
        ClmilError: one sentence on what is wrong with data, recipe, encoder or folder.
    """
    listener = (ranks.leads() and progress) or Silent()
    started = time.monotonic()
    with quiet_libraries(), closing_display(listener), ranks.standing_together():
        encoder = load_encoder(recipe.encoder.name)
        place = Workplace(output=output, resume=resume, overwrite=overwrite)
        ready = prepare(corpus, recipe, encoder, place, listener)
        with explained(ready.work):
            facts = _run_stages(ready, recipe, listener, deadline)
        metrics = ranks.from_leader(
            lambda: _finish(ready, encoder, recipe, facts, output=output, started=started)
        )
    return TrainingResult(folder=output, metrics=metrics, notes=ready.notes)


def _finish(
    ready: Prepared,
    encoder: LoadedEncoder,
    recipe: Recipe,
    facts: dict[str, Any],
    *,
    output: Path,
    started: float,
) -> dict[str, Any]:
    """Score the best weights, decide on thresholds, write the model; on one process alone."""
    material = ready.material
    probabilities = validation_probabilities(ready.network.eval(), material, recipe)
    targets = material.validation_targets
    rule = choose_rule(
        probabilities,
        targets,
        recipe.decisions.choice(recipe.seed),
        frequency=np.array(material.space.counts),
    )
    metrics = {
        "validation": score(targets, threshold(probabilities)).to_json(),
        "decisions": rule.chosen,
        "documents": {"train": len(material.train), "validation": len(material.validation)},
        "lengths": text_lengths(material),
        "stages": facts,
        "seconds": round(time.monotonic() - started, 1),
        "clmil": version("clmil"),
    }
    _save(ready, encoder, recipe, metrics, rule, output=output)
    for leftover in (*facts, "cache"):
        shutil.rmtree(ready.work / leftover, ignore_errors=True)
    return metrics


def validation_probabilities(network: ClMilModel, material: Material, recipe: Recipe) -> np.ndarray:
    """Return the kept weights' (n, l) float32 probabilities of the validation part, in fp32."""
    ids = material.validation["text_ids"]
    return predict_tokens(network, ids, batch_size=recipe.training.batch_size)


def _run_stages(
    ready: Prepared, recipe: Recipe, listener: ProgressListener, deadline: Deadline | None
) -> dict[str, Any]:
    plans = plan_stages(ready.network, recipe, ready.material)
    if recipe.contrastive.enabled and len(plans) == 1:
        listener.note(
            "the contrastive stage is left out: in train or in validation no document has both "
            "a rare label and an admissible source."
        )
    return {
        plan.name: run_stage(plan, recipe, ready.work / plan.name, listener, clock)
        for plan, clock in zip(plans, keep_time(plans, deadline), strict=True)
    }


def _save(
    ready: Prepared,
    encoder: LoadedEncoder,
    recipe: Recipe,
    metrics: dict[str, Any],
    rule: DecisionRule,
    *,
    output: Path,
) -> None:
    plain, space = recipe.plain(), ready.material.space
    card = model_card(
        system=recipe.system,
        encoder=encoder.name,
        space=space,
        recipe=plain,
        metrics=metrics,
        version=version("clmil"),
        paper=SYSTEMS[recipe.system].paper,
    )
    model = SavedModel(
        network=ready.network,
        tokenizer=encoder.tokenizer,
        space=space,
        recipe=plain,
        metrics=metrics,
        rule=rule,
        card=card,
    )
    save_model(model, output, scratch=output / WORK / "saving")
