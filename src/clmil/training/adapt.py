"""From texts to an adapted encoder: `clmil adapt`, resumable like a training run."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset

from clmil.data.corpus import Corpus
from clmil.data.validate import text_keys
from clmil.errors import DataError, RecipeError
from clmil.labels.space import LabelSpace
from clmil.nn.device import best_device
from clmil.nn.precision import resolve_precision
from clmil.storage.adapted import save_adapted
from clmil.storage.atomic import explained
from clmil.storage.quiet import quiet_libraries
from clmil.systems.joint import JointRecipe
from clmil.systems.joint_learner import JointLearner
from clmil.systems.material import Material
from clmil.systems.stages import Place
from clmil.training import ranks
from clmil.training.conduct import run_stage
from clmil.training.progress import ProgressListener, Silent, closing_display
from clmil.training.sight import POOLINGS, representations, validation_loss
from clmil.training.trackers import check_trackers
from clmil.training.workspace import fingerprint, open_run

MEASURED = 2000
"""Validation texts whose representations are measured, at most."""

NONE = ("one", "other")
"""Labels that no text has."""

Measure = Callable[[np.ndarray], dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Adapting:
    """How an adaptation treats its folder, and what it tells.

    Attributes:
        measure: says how (n, h) representations lie, as plain values.
        resume, overwrite: as for `clmil.training.run.train`.
        progress: told what happens.
    """

    measure: Measure
    resume: bool = False
    overwrite: bool = False
    progress: ProgressListener | None = None


def adapt(corpus: Corpus, recipe: JointRecipe, output: Path, how: Adapting) -> dict[str, Any]:
    """Adapt an encoder to texts by masked language modelling, and write it as an encoder folder.

    Args:
        corpus: texts, annotated or not; its test part is never read.
        recipe: of a system without label tokens; its encoder, adaptation, training and seed count.
        output: folder to make; `load_encoder` reads it.
        how: it is done.

    Returns:
        What `adaptation.json` holds: where it came from, documents, steps, and before and after,
        validation loss (before: with a fresh head) and the measures of each pooling.

    Raises:
        ClmilError: one sentence on what is wrong with data, recipe, encoder or folder.
    """
    listener = how.progress or Silent()
    if ranks.processes() > 1:
        raise RecipeError("`clmil adapt` works in one process; run it without torchrun.")
    with quiet_libraries(), closing_display(listener):
        parts = _parts(corpus, recipe)
        learner = JointLearner(recipe, _material(*parts))
        check_trackers(recipe)
        run = {
            "recipe": recipe.plain(),
            "data": fingerprint(*parts),
            "precision": resolve_precision(recipe.training.precision),
            "versions": {name: version(name) for name in ("clmil", "torch", "transformers")},
        }
        with open_run(output, run, resume=how.resume, overwrite=how.overwrite) as work:
            with explained(work):
                learner.read(work / "cache")
                facts = _run(learner, work, listener, how.measure)
            weights = learner.network.encoder.state_dict()
            pretrained = learner.encoder.model
            pretrained.load_state_dict(pretrained.state_dict() | weights)
            save_adapted(learner.encoder, facts, output, scratch=work / "saving")
            for leftover in ("adaptation", "cache"):
                shutil.rmtree(work / leftover, ignore_errors=True)
    return facts


def _run(
    learner: JointLearner, work: Path, listener: ProgressListener, measure: Measure
) -> dict[str, Any]:
    """Run the stage, with a look at the validation texts before and after."""
    stage, recipe = learner.adaptation(Place()), learner.recipe
    stage.model.to(best_device())
    ids = learner.tokens.validation[:MEASURED]["text_ids"]

    def look() -> tuple[float, dict[str, Any]]:
        stage.model.eval()
        seen = representations(learner.network, ids)
        return validation_loss(stage), {name: measure(seen[name]) for name in POOLINGS}

    before = look()
    done = run_stage(stage, work / stage.name, listener)
    after = look()
    loss, geometry = (
        dict(zip(("before", "after"), pair, strict=True))
        for pair in zip(before, after, strict=True)
    )
    return {
        "encoder": recipe.encoder.name,
        "clmil": version("clmil"),
        "seed": recipe.seed,
        "settings": recipe.adaptation.model_dump(mode="json", exclude={"enabled"}),
        "documents": {
            "train": len(learner.tokens.train),
            "validation": len(learner.tokens.validation),
        },
        **{name: done[name] for name in ("steps", "epochs", "best_epoch", "seconds")},
        "validation_loss": loss,
        "geometry": geometry,
    }


def _parts(corpus: Corpus, recipe: JointRecipe) -> tuple[Dataset, Dataset]:
    """Return train and validation; the latter is drawn from train, if there is none."""
    if corpus.validation is not None:
        return corpus.train, corpus.validation
    keys = text_keys(corpus.train)
    distinct = np.random.default_rng(recipe.seed).permutation(np.unique(keys))
    if len(distinct) < 2:
        raise DataError("there is one text alone; give at least two, one of them to validate on.")
    number = max(round(recipe.training.validation_share * len(distinct)), 1)
    held_out = np.isin(keys, distinct[:number])
    rest, validation = (corpus.train.select(np.flatnonzero(rows)) for rows in (~held_out, held_out))
    return rest, validation


def _material(train: Dataset, validation: Dataset) -> Material:
    """Return texts of which nothing is known: a network has labels, but these are not learnt."""
    unknown = [np.full((len(part), len(NONE)), -1, dtype=np.int8) for part in (train, validation)]
    return Material(
        train=train,
        validation=validation,
        train_targets=unknown[0],
        validation_targets=unknown[1],
        space=LabelSpace.from_counts(dict.fromkeys(NONE, 0), documents=0),
    )
