"""What `/model` tells about the served model."""

from typing import Any

from clmil.runtime.predictor import Predictor
from clmil.serving.settings import Limits


def model_facts(predictor: Predictor, limits: Limits) -> dict[str, Any]:
    """Return what `ModelFacts` describes."""
    space, rule, model = predictor.space, predictor.rule, predictor.facts
    rates = (count / max(known, 1) for count, known in _frequencies(predictor))
    labels = zip(space.names, space.descriptions, rule.thresholds.tolist(), rates, strict=True)
    scores = model.metrics.get("validation") or {}
    return {
        "name": predictor.folder.resolve().name if predictor.folder else "model",
        "system": str(model.recipe.get("system", "unknown")),
        "labels": [
            {"name": name, "description": told, "threshold": at, "training_rate": rate}
            for name, told, at, rate in labels
        ],
        "never_empty": rule.never_empty,
        "decides": predictor.decides,
        "refer_above": rule.refer_above,
        "calibrated": rule.calibration is not None,
        "precision": predictor.precision,
        "training_documents": space.documents,
        "validation": {
            name: value for name, value in scores.items() if isinstance(value, int | float)
        },
        "largest_request": limits.texts,
        "largest_body": limits.body,
        "longest_text": limits.characters,
    }


def _frequencies(predictor: Predictor) -> list[tuple[int, int]]:
    space = predictor.space
    return list(zip(space.counts, space.known_documents.tolist(), strict=True))
