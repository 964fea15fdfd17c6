"""Stages that learn by gradient: what they have in common, ready to be adapted."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor, nn

from clmil.data.batching import LengthBatches, TokenisedDocuments
from clmil.data.padding import by_length
from clmil.data.tokens import lengths_of
from clmil.decisions.metrics import score, threshold
from clmil.systems.material import Material, Tokens
from clmil.systems.settings import AveragingSettings, GradientSettings
from clmil.systems.shares import SharedDocuments
from clmil.systems.soft_targets import SoftTargets
from clmil.systems.stages import GradientStage, Place, StageData

PROBE = 2
"""Documents of the trial from which the memory of a batch is judged."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Lesson:
    """What supervised stages of a run share.

    Attributes:
        material: documents, targets and labels.
        tokens: the documents as ids.
        training: how it is learnt.
        averaging: of the weights.
        seed: of all chance.
        place: which of several processes this is.
        soft: what teachers say of the training documents, if there are any.
    """

    material: Material
    tokens: Tokens
    training: GradientSettings
    averaging: AveragingSettings
    seed: int
    place: Place
    soft: SoftTargets | None = None

    @property
    def kept(self) -> np.ndarray:
        """(n,) bool, training documents of which anybody says something."""
        annotated = self.material.annotated
        return annotated if self.soft is None else np.ones_like(annotated)


def supervised_stage(
    network: nn.Module,
    lesson: Lesson,
    *,
    name: str,
    part_names: tuple[str, ...],
    rates: Mapping[str, float] | None = None,
    **changes: Any,
) -> GradientStage:
    """Return the stage that learns all targets, judged by validation micro-F1.

    A network that gives `sets` is judged by these, else its probabilities at 0.5 are.

    Args:
        network: from `text_ids`, `lengths` and `targets` to a `LabelOutput`.
        lesson: what it learns from.
        name: of the stage.
        part_names: of the losses in the output's `parts`.
        rates: learning rates by part, as multiples.
        changes: other fields of `GradientStage`; `settings` are added to those of the recipe.
    """
    wanted, material, tokens = lesson.training, lesson.material, lesson.tokens
    batches = LengthBatches(
        lengths_of(tokens.train), wanted.batch_size, seed=lesson.seed, keep=lesson.kept
    )
    settings = {
        **schedule(wanted),
        "learning_rate": wanted.learning_rate,
        "num_train_epochs": wanted.epochs,
        "eval_steps": math.ceil(len(batches) / wanted.evaluations),
        **changes.pop("settings", {}),
    }
    values: dict[str, Any] = {
        "data": StageData(
            train=_train_documents(lesson),
            train_batches=batches,
            validation=TokenisedDocuments(tokens.validation, material.validation_targets),
            validation_batches=by_length(lengths_of(tokens.validation), wanted.batch_size),
        ),
        "documents_per_step": wanted.batch_size,
        "patience": wanted.patience,
        "compute_metrics": validation_scores,
        "probe": _longest(lesson),
    }
    return GradientStage(
        name=name,
        model=network if lesson.soft is None else lesson.soft.taught(network),
        part_names=part_names if lesson.soft is None else (*part_names, "teacher"),
        training=wanted,
        averaging=lesson.averaging,
        seed=lesson.seed,
        settings=settings,
        metric="eval_micro_f1",
        greater=True,
        rates=rates or {},
        **(values | changes),
    )


def schedule(wanted: GradientSettings) -> dict[str, Any]:
    """Return how the rate changes, and the decay of weights, as transformers takes them."""
    constant = "constant_with_warmup" if wanted.warmup else "constant"
    return {
        "lr_scheduler_type": "linear" if wanted.schedule == "linear" else constant,
        "warmup_steps": wanted.warmup,  # below 1 transformers takes it as a share of all steps
        "weight_decay": wanted.weight_decay,
    }


def validation_scores(prediction: Any) -> dict[str, float]:
    """Score probabilities at 0.5, or sets (`EvalPrediction` to what a run is judged by)."""
    scores = score(prediction.label_ids, threshold(prediction.predictions)).to_json()
    names = ("micro_f1", "macro_f1", "micro_precision", "micro_recall", "hamming_loss")
    return {name: scores[name] for name in names}


def _train_documents(lesson: Lesson) -> Any:
    """Return the training documents, of each batch only what this process is to see."""
    targets, place, soft = lesson.material.train_targets, lesson.place, lesson.soft
    if place.processes == 1:
        return TokenisedDocuments(lesson.tokens.train, targets, soft)
    return SharedDocuments(
        TokenisedDocuments(lesson.tokens.train),
        targets,
        rank=place.rank,
        processes=place.processes,
        soft=soft,
    )


def _longest(lesson: Lesson) -> dict[str, Tensor]:
    """Return the longest documents that are learnt from as one batch."""
    tokens, material = lesson.tokens, lesson.material
    rows = np.flatnonzero(lesson.kept)
    longest = rows[np.argsort(-lengths_of(tokens.train)[rows], kind="stable")][:PROBE]
    return TokenisedDocuments(tokens.train, material.train_targets).__getitems__(longest.tolist())
