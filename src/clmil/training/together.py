"""Validation, by one process or several: each takes whole batches, and all learn the scores."""

from itertools import chain
from typing import Any

import numpy as np
from transformers import EvalPrediction
from transformers.trainer_utils import EvalLoopOutput

from clmil.training import ranks


def evaluate_together(trainer: Any, loader: Any, *, prefix: str) -> EvalLoopOutput:
    """Evaluate this process's batches, gather, and score on every process alike.

    Args:
        trainer: a transformers Trainer with `prediction_step` and `compute_metrics`.
        loader: batches of tensors, each document in one process's alone.
        prefix: of the metrics' names.

    Returns:
        The mean loss, each batch weighing as many as it has texts, and the scores.
    """
    trainer.model.eval()
    losses, sizes, outputs = [], [], []
    for inputs in loader:
        loss, *found = trainer.prediction_step(
            trainer.model, inputs, prediction_loss_only=trainer.compute_metrics is None
        )
        losses.append(float(loss))
        sizes.append(len(inputs["lengths"]))
        if found[0] is not None:
            outputs.append([part.cpu().numpy() for part in found])
    everyone = ranks.gathered((losses, sizes, outputs))
    losses, sizes, outputs = (list(chain(*kind)) for kind in zip(*everyone, strict=True))
    metrics = {f"{prefix}_loss": float(np.average(losses, weights=sizes))}
    if outputs:
        predictions, targets = (np.concatenate(parts) for parts in zip(*outputs, strict=True))
        scores = trainer.compute_metrics(EvalPrediction(predictions, targets))
        metrics |= {f"{prefix}_{name}": value for name, value in scores.items()}
    return EvalLoopOutput(predictions=None, label_ids=None, metrics=metrics, num_samples=sum(sizes))
