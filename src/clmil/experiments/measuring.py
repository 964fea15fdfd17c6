"""The measuring half of a cell: probabilities, scores, calibration, geometry, speed."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from clmil.data.corpus import Corpus
from clmil.data.targets import encode_targets
from clmil.decisions.calibration_error import calibration_error
from clmil.decisions.choosing import Choice, choose_rule
from clmil.decisions.metrics import score, threshold
from clmil.decisions.objectives import Objective
from clmil.experiments.clouds import Cloud
from clmil.experiments.curves import mixed_scores
from clmil.labels.space import LabelSpace
from clmil.reports.frequency_classes import frequency_classes, geometry_by_class
from clmil.reports.geometry import geometry
from clmil.runtime.predictor import Predictor

STAGES = {"initial_vectors": "initial", "contrastive_vectors": "contrastive", "vectors": "trained"}
"""Arrays of representations, and the names of their measures."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Predicted:
    """A trained system on held-out texts.

    Attributes:
        arrays: `probabilities` and `targets` of the test part, `validation` and
            `validation_targets`, (n, l) each; `sets` where the system decides by itself, and else
            `told`, the probabilities of the test part that the model tells users.
        documents_per_second: in predicting the test part, in fp32.
    """

    arrays: dict[str, np.ndarray]
    documents_per_second: float


def predict_parts(predictor: Predictor, parts: Corpus, test: Any) -> Predicted:
    """Predict the validation and the test part, in the network's own probabilities.

    Args:
        predictor: of the trained system.
        parts: with a validation part.
        test: documents.

    Raises:
        DataError: if a test document has a label that the system does not know.
    """
    names, validation = predictor.space.names, parts.validation
    assert validation is not None
    texts = list(test["text"])
    began = time.monotonic()
    said = predictor.answer(texts)
    seconds = max(time.monotonic() - began, 1e-9)
    arrays = {
        "probabilities": said.probabilities,
        "targets": encode_targets(test, names, where="test"),
        "validation": predictor.raw_proba(list(validation["text"])),
        "validation_targets": encode_targets(validation, names, where="validation"),
    }
    if said.sets is not None:
        arrays["sets"] = said.sets
    else:
        arrays["told"] = predictor.rule.calibrate(said.probabilities)
    return Predicted(arrays=arrays, documents_per_second=len(texts) / seconds)


def decide(arrays: Mapping[str, np.ndarray], space: LabelSpace, seed: int) -> dict[str, np.ndarray]:
    """Return decisions on the test part, (n, l) int8 each.

    `decided`: at 0.5, or the system's own `sets`; `decided_tuned`: at thresholds that validation
    documents choose for micro-F1; `decided_fil`, `decided_cil`: at 0.5, by one part alone.
    """
    found = {"decided": arrays["sets"] if "sets" in arrays else threshold(arrays["probabilities"])}
    for part in ("fil", "cil"):
        if part in arrays:
            found[f"decided_{part}"] = threshold(arrays[part])
    if "sets" not in arrays and (arrays["validation_targets"] >= 0).any():
        rule = choose_rule(
            arrays["validation"],
            arrays["validation_targets"],
            Choice(objective=Objective(name="micro-f1"), seed=seed),
            frequency=np.array(space.counts),
        )
        found["decided_tuned"] = rule.decide(rule.calibrate(arrays["probabilities"]))
    return found


def scores_of(arrays: Mapping[str, np.ndarray], space: LabelSpace) -> dict[str, Any]:
    """Return scores and group scores at 0.5 and tuned, and calibration errors, as plain values.

    A system that writes label sets itself has no calibrated probabilities, and no such errors.
    """
    targets, groups = arrays["targets"], space.groups()
    kinds = {"fixed": "decided", "tuned": "decided_tuned"}
    scored = {
        kind: score(targets, arrays[name], groups=groups)
        for kind, name in kinds.items()
        if name in arrays
    }
    values = {
        "scores": {kind: found.to_json() for kind, found in scored.items()},
        "per_group": {
            kind: {name: asdict(group) for name, group in found.per_group.items()}
            for kind, found in scored.items()
        },
        "labels": len(space),
        "groups": {name: columns.tolist() for name, columns in groups.items()},
    }
    if "sets" not in arrays:
        kinds = {"calibration_error": "probabilities", "calibration_error_told": "told"}
        for key, name in kinds.items():
            values[key] = asdict(calibration_error(arrays[name], targets))
    return values


def geometry_of(
    arrays: Mapping[str, np.ndarray], space: LabelSpace
) -> tuple[dict[str, Any], np.ndarray]:
    """Return the geometry of each stage's representations, overall and by class, and the classes.

    Args:
        arrays: with `targets`, and some of `STAGES`.
        space: the labels.
    """
    classes = frequency_classes(arrays["targets"], space.groups())
    found = {
        stage: {
            "overall": geometry(arrays[name]).to_json(),
            **geometry_by_class(arrays[name], classes),
        }
        for name, stage in STAGES.items()
        if name in arrays and len(arrays[name]) > 1
    }
    return found, classes


def curve_of(arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Return `gamma`, the scores over the proportion of FIL, of a system that has both parts."""
    if not {"fil", "cil"} <= arrays.keys():
        return {}
    scores = mixed_scores(arrays["fil"], arrays["cil"], arrays["targets"])
    return {"gamma": {name: found.tolist() for name, found in scores.items()}}


def clouds_of(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the arrays with representations, (n, h), as points in space.

    Args:
        arrays: with `classes`, and some of `STAGES`.
    """
    kept = {name: array for name, array in arrays.items() if name not in STAGES}
    for name in STAGES.keys() & arrays.keys():
        kept |= Cloud.of(arrays[name], arrays["classes"]).arrays(STAGES[name])
    return kept
