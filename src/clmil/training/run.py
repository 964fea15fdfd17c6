"""A whole training run: from a corpus and a recipe to a model folder, resumable at any point."""

import hashlib
import os
import shutil
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from datasets import Dataset, disable_progress_bars
from transformers import logging, set_seed

from clmil.data.corpus import Corpus
from clmil.data.split import carve_validation
from clmil.data.targets import encode_targets, label_counts
from clmil.data.tokens import tokenise_documents
from clmil.data.validate import check_trainable
from clmil.decisions.metrics import score, threshold
from clmil.errors import ModelError
from clmil.labels.relations import LabelRelations
from clmil.labels.space import LabelSpace
from clmil.nn.model import ClMilModel
from clmil.reports.card import model_card
from clmil.storage.atomic import read_json, write_json
from clmil.storage.encoders import LoadedEncoder, load_encoder
from clmil.storage.folder import SavedModel, save_model
from clmil.systems.cl_mil import build_network, encoder_window, text_budget
from clmil.systems.recipe import Recipe
from clmil.training.progress import ProgressListener, Silent
from clmil.training.stages import Material, plan_stages, run_stage

WORK = "training"
"""Folder inside the model folder that holds checkpoints while a run lasts, and its logs."""


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
    disable_progress_bars()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    started = time.monotonic()
    train_part, validation, notes = _parts(corpus, recipe)
    run = {"recipe": recipe.plain(), "data": fingerprint(train_part, validation)}
    work = open_run(output, run, resume=resume, overwrite=overwrite)
    for sentence in notes:
        listener.note(sentence)
    encoder = load_encoder(recipe.encoder.name)
    material = prepare(corpus, train_part, validation, recipe, encoder, work)
    set_seed(recipe.seed)
    network = build_network(recipe, encoder, material.space, material.relations)
    network, facts = _run_stages(network, recipe, material, work, listener)
    metrics = {
        "validation": validation_metrics(network, material, recipe),
        "documents": {"train": len(train_part), "validation": len(validation)},
        "stages": facts,
        "seconds": round(time.monotonic() - started, 1),
        "clmil": version("clmil"),
    }
    _save(network, encoder, material.space, recipe, metrics, output)
    for leftover in ("contrastive", "multi-task", "cache"):
        shutil.rmtree(work / leftover, ignore_errors=True)
    listener.finish()
    return TrainingResult(folder=output, metrics=metrics, notes=notes)


def open_run(output: Path, run: dict[str, Any], *, resume: bool, overwrite: bool) -> Path:
    """Make the work folder of a run, or check that an interrupted one may go on.

    Raises:
        ModelError: if `output` exists and neither `resume` nor `overwrite` is given, or the
            interrupted run had other settings or data.
    """
    work = output / WORK
    begun = work / "run.json"
    if overwrite and output.exists():
        shutil.rmtree(output)
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        if (output / "config.json").exists() or not begun.exists():
            raise ModelError(
                f"the output folder {output} exists; choose another one or add --overwrite."
            )
        if not resume:
            raise ModelError(
                f"the output folder {output} holds an unfinished run; "
                "add --resume to go on with it or --overwrite to start again."
            )
        before = read_json(begun)
        if before != run:
            changed = "data" if before["data"] != run["data"] else "recipe"
            raise ModelError(
                f"the unfinished run in {output} had another {changed}; give the same one to "
                "--resume, or start again with --overwrite."
            )
        return work
    work.mkdir(parents=True, exist_ok=True)
    write_json(begun, run)
    return work


def prepare(
    corpus: Corpus,
    train_part: Dataset,
    validation: Dataset,
    recipe: Recipe,
    encoder: LoadedEncoder,
    work: Path,
) -> Material:
    """Encode labels and tokenise texts, memory-mapped below the work folder."""
    counts = label_counts(train_part)
    annotated = len(train_part) - train_part.data.column("labels").null_count
    space = LabelSpace.from_counts(counts, documents=annotated, descriptions=corpus.descriptions)
    targets = encode_targets(train_part, space.names, where="train")
    budget = text_budget(recipe.network(), len(space), encoder_window(encoder))
    cache = work / "cache"
    cache.mkdir(exist_ok=True)
    tokens = [
        tokenise_documents(part, encoder.tokenizer, budget, cache_file=cache / f"{name}.arrow")
        for name, part in (("train", train_part), ("validation", validation))
    ]
    return Material(
        train=tokens[0],
        validation=tokens[1],
        train_targets=targets,
        validation_targets=encode_targets(validation, space.names, where="validation"),
        space=space,
        relations=LabelRelations.fit(targets),
        text_budget=budget,
    )


def fingerprint(*parts: Dataset) -> str:
    """Return a hash of texts and labels, by which a resumed run knows its data."""
    digest = hashlib.sha256()
    for part in parts:
        for start in range(0, len(part), 1000):
            rows = part[start : start + 1000]
            digest.update(repr((rows["text"], rows["labels"], rows["unknown"])).encode())
    return digest.hexdigest()


def validation_metrics(network: ClMilModel, material: Material, recipe: Recipe) -> dict[str, float]:
    """Score the kept weights on the validation part, in fp32, at 0.5."""
    from clmil.nn.predict import predict_tokens

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
) -> tuple[ClMilModel, dict[str, Any]]:
    os.environ["TENSORBOARD_LOGGING_DIR"] = str(work / "logs")
    plans = plan_stages(network, recipe, material)
    if recipe.contrastive.enabled and len(plans) == 1:
        listener.note(
            "no training document has both a rare label and an admissible source, "
            "so the contrastive stage is left out."
        )
    facts = {plan.name: run_stage(plan, recipe, work / plan.name, listener) for plan in plans}
    return network.eval(), facts


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
