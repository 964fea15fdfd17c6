"""The two stages of CL-MIL: contrastive (section 3.2), then multi-task (section 3.3)."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from safetensors.torch import load_file
from torch import nn
from transformers import PrinterCallback, TrainingArguments

from clmil.data.batching import LengthBatches, TokenisedDocuments, by_length
from clmil.data.tokens import lengths_of
from clmil.decisions.metrics import score, threshold
from clmil.labels.negatives import NegativeSampler, low_frequency, target_documents
from clmil.labels.relations import LabelRelations
from clmil.labels.space import LabelSpace
from clmil.nn.contrastive import ContrastiveNetwork
from clmil.nn.model import ClMilModel
from clmil.systems.recipe import Recipe
from clmil.training.callbacks import KeepBest, TellProgress, save_weights
from clmil.training.pairs import ContrastiveDocuments, ContrastiveSteps
from clmil.training.precision import resolve_precision
from clmil.training.progress import ProgressListener
from clmil.training.trainer import StageData, StageTrainer, last_checkpoint


@dataclass(frozen=True, kw_only=True)
class Material:
    """What the stages learn from.

    Attributes:
        train, validation: word pieces, columns `text_ids` and `length`.
        train_targets, validation_targets: (n, l) int8, -1 unknown.
        space: the labels.
        relations: co-occurrence of the training part.
        text_budget: word pieces of text beside the labels.
    """

    train: Dataset
    validation: Dataset
    train_targets: np.ndarray
    validation_targets: np.ndarray
    space: LabelSpace
    relations: LabelRelations
    text_budget: int


@dataclass(frozen=True, kw_only=True)
class StagePlan:
    """One stage, ready to run: its model, data, transformers settings and how it is judged."""

    name: str
    model: nn.Module
    data: StageData
    part_names: tuple[str, ...]
    documents_per_step: float
    settings: dict[str, Any]
    metric: str
    greater: bool
    patience: int
    compute_metrics: Any = None


def plan_stages(network: ClMilModel, recipe: Recipe, material: Material) -> list[StagePlan]:
    """Return the stages that a recipe asks for, in their order."""
    plans = []
    if recipe.contrastive.enabled:
        plan = plan_contrastive(network, recipe, material)
        plans += [plan] if plan else []
    return [*plans, plan_multi_task(network, recipe, material)]


def plan_contrastive(network: ClMilModel, recipe: Recipe, material: Material) -> StagePlan | None:
    """Plan the contrastive stage; None if no training document has a rare label and a source.

    Its validation loss is over fixed, seeded pairs of validation documents, while
    co-occurrence comes from the training part alone (method notes, point 21).
    """
    wanted = recipe.contrastive
    budget = wanted.max_length - 2
    space, relations = material.space, material.relations
    low = low_frequency(space.counts, space.documents, share=wanted.low_frequency)
    parts = []
    for targets in (material.train_targets, material.validation_targets):
        anchors = target_documents(targets, low, membership=wanted.membership)
        sampler = NegativeSampler.build(targets, relations, rule=wanted.rule, low_frequency=low)
        steps = ContrastiveSteps(
            anchors,
            sampler,
            anchors=wanted.anchors,
            negatives=wanted.negatives,
            seed=recipe.seed,
        )
        parts.append((steps, sampler))
    (train_steps, train_sampler), (fixed_steps, fixed_sampler) = parts
    fixed = [step for step in fixed_steps if len(step) > 1 + step[0]]
    if not len(train_steps) or not fixed:
        return None
    model = ContrastiveNetwork(network, scale=wanted.scale, literal=wanted.literal)
    return StagePlan(
        name="contrastive",
        model=model,
        data=StageData(
            train=ContrastiveDocuments(material.train, train_sampler, budget=budget),
            train_batches=train_steps,
            validation=ContrastiveDocuments(material.validation, fixed_sampler, budget=budget),
            validation_batches=fixed,
        ),
        part_names=("contrastive",),
        documents_per_step=wanted.anchors + wanted.negatives,
        settings={
            "learning_rate": wanted.learning_rate,
            "num_train_epochs": wanted.epochs,
            "max_steps": _bounded(len(train_steps) * wanted.epochs, wanted.max_steps),
            "eval_steps": min(len(train_steps), wanted.max_steps or len(train_steps)),
        },
        metric="eval_loss",
        greater=False,
        patience=wanted.patience,
    )


def plan_multi_task(network: ClMilModel, recipe: Recipe, material: Material) -> StagePlan:
    """Plan the multi-task stage, judged by validation micro-F1 of the mixed prediction at 0.5."""
    wanted = recipe.training
    annotated = np.any(material.train_targets >= 0, axis=1)
    batches = LengthBatches(
        lengths_of(material.train), wanted.batch_size, seed=recipe.seed, keep=annotated
    )
    return StagePlan(
        name="multi-task",
        model=network,
        data=StageData(
            train=TokenisedDocuments(material.train, material.train_targets),
            train_batches=batches,
            validation=TokenisedDocuments(material.validation, material.validation_targets),
            validation_batches=by_length(lengths_of(material.validation), wanted.batch_size),
        ),
        part_names=("cil", "fil", "clrl"),
        documents_per_step=wanted.batch_size,
        settings={
            "learning_rate": wanted.learning_rate,
            "num_train_epochs": wanted.epochs,
            "eval_steps": math.ceil(len(batches) / wanted.evaluations),
            "lr_scheduler_type": wanted.schedule
            if wanted.schedule == "linear"
            else ("constant_with_warmup" if wanted.warmup else "constant"),
            "warmup_steps": wanted.warmup,
            "weight_decay": wanted.weight_decay,
        },
        metric="eval_micro_f1",
        greater=True,
        patience=wanted.patience,
        compute_metrics=validation_scores,
    )


def validation_scores(prediction: Any) -> dict[str, float]:
    """Score probabilities at 0.5 (`EvalPrediction` to the metrics that a run is judged by)."""
    scores = score(prediction.label_ids, threshold(prediction.predictions)).to_json()
    names = ("micro_f1", "macro_f1", "micro_precision", "micro_recall", "hamming_loss")
    return {name: scores[name] for name in names}


def run_stage(
    plan: StagePlan, recipe: Recipe, folder: Path, listener: ProgressListener
) -> dict[str, Any]:
    """Run a stage, or go on with it, and leave its best weights in the plan's model.

    A finished stage is not run again: its weights are loaded. Returns facts of the stage.
    """
    folder.mkdir(parents=True, exist_ok=True)
    finished = folder / "finished.safetensors"
    if finished.exists():
        plan.model.load_state_dict(load_file(finished))
        return {}
    best = KeepBest(plan.patience, plan.metric, plan.greater, str(folder))
    told = TellProgress(listener, plan.name, plan.documents_per_step)
    trainer = StageTrainer(
        model=plan.model,
        args=_arguments(plan, recipe, folder),
        data=plan.data,
        part_names=plan.part_names,
        rates=recipe.training.rates,
        callbacks=[best, told],
        compute_metrics=plan.compute_metrics,
    )
    told.trainer = trainer
    trainer.remove_callback(PrinterCallback)
    checkpoint = last_checkpoint(folder)
    result = trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    best = next(c for c in trainer.callback_handler.callbacks if isinstance(c, KeepBest))
    plan.model.load_state_dict(load_file(folder / "best.safetensors"))
    save_weights(plan.model, finished)
    return {
        "steps": trainer.state.global_step,
        "epochs": trainer.state.epoch,
        "best_epoch": best.best_epoch,
        "best": {plan.metric: best.best},
        "seconds": round(result.metrics["train_runtime"], 1),
        "validations": [entry for entry in trainer.state.log_history if plan.metric in entry],
    }


def _arguments(plan: StagePlan, recipe: Recipe, folder: Path) -> TrainingArguments:
    wanted = recipe.training
    return TrainingArguments(
        output_dir=str(folder),
        seed=recipe.seed,
        per_device_train_batch_size=wanted.batch_size,
        bf16=resolve_precision(wanted.precision) == "bf16",
        use_cpu=not torch.cuda.is_available(),
        optim="adamw_torch_fused",
        adam_epsilon=wanted.epsilon,
        max_grad_norm=wanted.clip,
        eval_strategy="steps",
        save_strategy="steps",
        save_steps=wanted.checkpoint_steps,
        save_total_limit=2,
        logging_steps=10,
        logging_nan_inf_filter=False,
        disable_tqdm=True,
        report_to=list(wanted.report_to) or "none",
        remove_unused_columns=False,
        restore_callback_states_from_checkpoint=True,
        **plan.settings,
    )


def _bounded(steps: int, bound: int | None) -> int:
    return min(steps, bound) if bound else steps
