"""A whole training run: from a corpus and a recipe to a model folder, resumable at any point."""

import shutil
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from datasets import Dataset
from transformers import set_seed

from clmil.data.corpus import Corpus
from clmil.data.split import carve_validation
from clmil.data.targets import label_counts
from clmil.data.validate import check_trainable
from clmil.decisions.metrics import score, threshold
from clmil.labels.space import LabelSpace
from clmil.nn.model import ClMilModel
from clmil.nn.predict import predict_tokens
from clmil.storage.atomic import explained
from clmil.storage.card import model_card
from clmil.storage.encoders import LoadedEncoder, load_encoder
from clmil.storage.folder import SavedModel, save_model
from clmil.storage.quiet import quiet_libraries
from clmil.systems.cl_mil import build_network
from clmil.systems.recipe import Recipe
from clmil.training.conduct import check_trackers, run_stage
from clmil.training.material import Material, gather, tokenise
from clmil.training.precision import resolve_precision
from clmil.training.progress import ProgressListener, Silent, closing_display
from clmil.training.stages import plan_stages
from clmil.training.workspace import WORK, fingerprint, open_run


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
) -> TrainingResult:
    """Train a system and save it as a model folder.

    Args:
        corpus: texts and labels; its test part is never read.
        recipe: all settings.
        output: folder to make.
        resume: go on with an interrupted run in `output`, to the same weights.
        overwrite: delete what `output` holds.
        progress: told what happens.

    Raises:
        ClmilError: one sentence on what is wrong with data, recipe, encoder or folder.
    """
    listener = progress or Silent()
    started = time.monotonic()
    with quiet_libraries(), closing_display(listener):
        train_part, validation, notes = _parts(corpus, recipe)
        encoder = load_encoder(recipe.encoder.name)
        material = gather(corpus, train_part, validation, recipe, encoder)
        set_seed(recipe.seed)
        network = build_network(recipe, encoder, material.space, material.relations)
        run = {
            "recipe": recipe.plain(),
            "data": fingerprint(train_part, validation),
            "descriptions": list(material.space.descriptions),
            "precision": resolve_precision(recipe.training.precision),
            "versions": {name: version(name) for name in ("clmil", "torch", "transformers")},
        }
        check_trackers(recipe)
        work = open_run(output, run, resume=resume, overwrite=overwrite)
        for sentence in notes:
            listener.note(sentence)
        with explained(work):
            material = tokenise(material, encoder, work / "cache")
            facts = _run_stages(network, recipe, material, work, listener)
        metrics = {
            "validation": validation_metrics(network.eval(), material, recipe),
            "documents": {"train": len(train_part), "validation": len(validation)},
            "stages": facts,
            "seconds": round(time.monotonic() - started, 1),
            "clmil": version("clmil"),
        }
        _save(network, encoder, material.space, recipe, metrics, output)
    for leftover in (*facts, "cache"):
        shutil.rmtree(work / leftover, ignore_errors=True)
    return TrainingResult(folder=output, metrics=metrics, notes=notes)


def validation_metrics(network: ClMilModel, material: Material, recipe: Recipe) -> dict[str, float]:
    """Score the kept weights on the validation part, in fp32, at 0.5."""
    ids = material.validation["text_ids"]
    probabilities = predict_tokens(network, ids, batch_size=recipe.training.batch_size)
    return score(material.validation_targets, threshold(probabilities)).to_json()


def _parts(corpus: Corpus, recipe: Recipe) -> tuple[Dataset, Dataset, tuple[str, ...]]:
    notes = corpus.notes + check_trainable(corpus.train, label_counts(corpus.train))
    if corpus.validation is not None:
        return corpus.train, corpus.validation, notes
    train_part, validation, said = carve_validation(
        corpus.train, share=recipe.training.validation_share, seed=recipe.seed
    )
    return train_part, validation, notes + said


def _run_stages(
    network: ClMilModel,
    recipe: Recipe,
    material: Material,
    work: Path,
    listener: ProgressListener,
) -> dict[str, Any]:
    plans = plan_stages(network, recipe, material)
    if recipe.contrastive.enabled and len(plans) == 1:
        listener.note(
            "the contrastive stage is left out: in train or in validation no document has both "
            "a rare label and an admissible source."
        )
    return {plan.name: run_stage(plan, recipe, work / plan.name, listener) for plan in plans}


def _save(
    network: ClMilModel,
    encoder: LoadedEncoder,
    space: LabelSpace,
    recipe: Recipe,
    metrics: dict[str, Any],
    output: Path,
) -> None:
    plain = recipe.plain()
    card = model_card(
        system=recipe.system,
        encoder=encoder.name,
        space=space,
        recipe=plain,
        metrics=metrics,
        version=version("clmil"),
    )
    model = SavedModel(
        network=network,
        tokenizer=encoder.tokenizer,
        space=space,
        recipe=plain,
        metrics=metrics,
        card=card,
    )
    save_model(model, output, scratch=output / WORK / "saving")
