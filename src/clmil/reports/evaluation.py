"""Scoring a model on documents, and the JSON that is kept of it."""

from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import numpy as np
from datasets import Dataset

from clmil.data.targets import encode_targets
from clmil.decisions.metrics import Scores, score, threshold
from clmil.errors import DataError
from clmil.labels.space import LabelSpace

CHUNK = 1024
"""Documents that are predicted at once; only their 0/1 decisions are kept."""


def evaluate_documents(
    predict_proba: Callable[[list[str]], np.ndarray],
    documents: Dataset,
    space: LabelSpace,
    *,
    where: str,
    threshold_at: float = 0.5,
    advance: Callable[[int], None] = lambda _: None,
) -> Scores:
    """Predict documents and score the predictions, overall, by label and by frequency group.

    Args:
        predict_proba: texts to (n, l) probabilities.
        documents: columns `text`, `labels` and `unknown`.
        space: the labels, in the order of the columns.
        where: what the documents are, for messages.
        threshold_at: a label is predicted when its probability is greater.
        advance: told how many documents were done.

    Raises:
        DataError: if no document is annotated, or one has a label that the model does not know.
    """
    targets = encode_targets(documents, space.names, where=where)
    if not (targets >= 0).any():
        raise DataError(f"no document of {where} is annotated; give labelled documents to score.")
    predictions = np.zeros_like(targets)
    for start in range(0, len(documents), CHUNK):
        texts = documents[start : start + CHUNK]["text"]
        predictions[start : start + CHUNK] = threshold(predict_proba(texts), threshold_at)
        advance(len(texts))
    return score(targets, predictions, names=space.names, groups=space.groups())


def evaluation_report(
    scores: Scores, recipe: dict[str, Any], facts: dict[str, Any]
) -> dict[str, Any]:
    """Return plain values for a JSON file.

    Args:
        scores: of the evaluation.
        recipe: of the model, as plain values.
        facts: what was evaluated on what, put first.
    """
    return {
        **facts,
        "documents": scores.documents,
        "scores": scores.to_json(),
        "per_label": [asdict(label) for label in scores.per_label],
        "per_group": {name: asdict(group) for name, group in scores.per_group.items()},
        "clmil": version("clmil"),
        "seed": recipe.get("seed"),
        "recipe": recipe,
    }
