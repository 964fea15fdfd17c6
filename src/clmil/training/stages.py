"""The two stages of CL-MIL: contrastive (section 3.2), then multi-task (section 3.3)."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor, nn

from clmil.data.batching import LengthBatches, TokenisedDocuments, by_length
from clmil.data.tokens import lengths_of
from clmil.decisions.metrics import score, threshold
from clmil.labels.negatives import NegativeSampler, low_frequency, target_documents
from clmil.nn.contrastive import ContrastiveNetwork
from clmil.nn.model import ClMilModel
from clmil.systems.recipe import Recipe
from clmil.training import ranks
from clmil.training.material import Material
from clmil.training.memory import PROBE
from clmil.training.pairs import ContrastiveDocuments, ContrastiveSteps
from clmil.training.shares import SharedDocuments
from clmil.training.trainer import StageData


@dataclass(frozen=True, kw_only=True)
class StagePlan:
    """One stage, ready to run: its model, data, transformers settings and how it is judged.

    `probe` holds the longest documents as one batch, by which memory is judged beforehand.
    """

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
    probe: dict[str, Tensor] | None = None


def plan_stages(network: ClMilModel, recipe: Recipe, material: Material) -> list[StagePlan]:
    """Return the stages that a recipe asks for, in their order."""
    plans = []
    if recipe.contrastive.enabled:
        plan = plan_contrastive(network, recipe, material)
        plans += [plan] if plan else []
    return [*plans, plan_multi_task(network, recipe, material)]


def plan_contrastive(network: ClMilModel, recipe: Recipe, material: Material) -> StagePlan | None:
    """Plan the contrastive stage; None if train or validation has no rare document with a source.

    Its validation loss is over fixed, seeded pairs of validation documents, while
    co-occurrence comes from the training part alone (method notes, point 21).
    """
    wanted = recipe.contrastive
    budget = wanted.max_length - 2
    space, relations = material.space, material.relations
    low = low_frequency(space.counts, space.known_documents, share=wanted.low_frequency)
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
    if not fixed or not any(len(step) > 1 + step[0] for step in train_steps):
        return None
    place = {"rank": ranks.rank(), "processes": ranks.processes()}
    model = ContrastiveNetwork(network, scale=wanted.scale, literal=wanted.literal, **place)
    return StagePlan(
        name="contrastive",
        model=model,
        data=StageData(
            train=ContrastiveDocuments(material.train, train_sampler, budget=budget, **place),
            train_batches=train_steps,
            validation=ContrastiveDocuments(material.validation, fixed_sampler, budget=budget),
            validation_batches=fixed,
        ),
        part_names=("contrastive",),
        documents_per_step=wanted.anchors + wanted.negatives,
        settings={
            **_schedule(recipe),
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
            train=_train_documents(material),
            train_batches=batches,
            validation=TokenisedDocuments(material.validation, material.validation_targets),
            validation_batches=by_length(lengths_of(material.validation), wanted.batch_size),
        ),
        part_names=("cil", "fil", "clrl"),
        documents_per_step=wanted.batch_size,
        settings={
            **_schedule(recipe),
            "learning_rate": wanted.learning_rate,
            "num_train_epochs": wanted.epochs,
            "eval_steps": math.ceil(len(batches) / wanted.evaluations),
        },
        metric="eval_micro_f1",
        greater=True,
        patience=wanted.patience,
        compute_metrics=validation_scores,
        probe=_longest(material, annotated),
    )


def _longest(material: Material, annotated: np.ndarray) -> dict[str, Tensor]:
    """Return the longest annotated documents as one batch."""
    rows = np.flatnonzero(annotated)
    longest = rows[np.argsort(-lengths_of(material.train)[rows], kind="stable")][:PROBE]
    return TokenisedDocuments(material.train, material.train_targets).__getitems__(longest.tolist())


def _train_documents(material: Material) -> Any:
    """Return the training documents, of each batch only what this process is to see."""
    targets, processes = material.train_targets, ranks.processes()
    if processes == 1:
        return TokenisedDocuments(material.train, targets)
    return SharedDocuments(
        TokenisedDocuments(material.train), targets, rank=ranks.rank(), processes=processes
    )


def validation_scores(prediction: Any) -> dict[str, float]:
    """Score probabilities at 0.5 (`EvalPrediction` to the metrics that a run is judged by)."""
    scores = score(prediction.label_ids, threshold(prediction.predictions)).to_json()
    names = ("micro_f1", "macro_f1", "micro_precision", "micro_recall", "hamming_loss")
    return {name: scores[name] for name in names}


def _schedule(recipe: Recipe) -> dict[str, Any]:
    """Return what both stages share: how the rate changes, and the decay of weights."""
    wanted = recipe.training
    constant = "constant_with_warmup" if wanted.warmup else "constant"
    return {
        "lr_scheduler_type": "linear" if wanted.schedule == "linear" else constant,
        "warmup_steps": wanted.warmup,
        "weight_decay": wanted.weight_decay,
    }


def _bounded(steps: int, bound: int | None) -> int:
    return min(steps, bound) if bound else steps
