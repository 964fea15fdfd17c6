"""Choosing a decision rule on labelled documents: calibration first, then thresholds."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

import numpy as np

from clmil.decisions.calibrating import fit_calibration
from clmil.decisions.calibration_error import calibration_error
from clmil.decisions.metrics import score
from clmil.decisions.objectives import Objective
from clmil.decisions.rule import DecisionRule
from clmil.decisions.thresholds import choose_thresholds
from clmil.errors import DataError

LEAST = 20
"""Annotated documents below which nothing can be chosen, and thresholds stay at 0.5, as they do
where none of them has a label."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What is to be chosen.

    Attributes:
        scope: thresholds `per-label`, one `global` threshold, or `fixed` at 0.5.
        objective: what the thresholds are chosen for.
        calibrate: `none`, `temperature` or `isotonic`.
        never_empty: whether every text gets at least one label.
        seed: of the folds of the cross-validation.
    """

    scope: Literal["per-label", "global", "fixed"] = "per-label"
    objective: Objective = field(default_factory=Objective)
    calibrate: Literal["none", "temperature", "isotonic"] = "none"
    never_empty: bool = False
    seed: int = 0


def choose_rule(
    raw: np.ndarray,
    targets: np.ndarray,
    choice: Choice,
    *,
    frequency: np.ndarray | None = None,
) -> DecisionRule:
    """Choose a rule; its `chosen` says how, and what cross-validation says of it.

    Args:
        raw: (n, l) the network's own probabilities of documents that it was not trained on.
        targets: (n, l) int8, -1 unknown.
        choice: what is to be chosen.
        frequency: (l,) training documents of each label.

    Raises:
        DataError: if no document is annotated.
    """
    annotated = (targets >= 0).any(axis=1)
    if not annotated.any():
        raise DataError("no document is annotated; give labelled documents to choose thresholds.")
    raw, targets = np.asarray(raw, dtype=np.float64)[annotated], targets[annotated]
    facts: dict[str, Any] = {"documents": len(raw), "scope": "fixed"}
    rule = DecisionRule(thresholds=np.full(raw.shape[1], 0.5), never_empty=choice.never_empty)
    if len(raw) < LEAST:
        reason = f"fewer than {LEAST} annotated documents"
        return replace(rule, chosen=facts | {"reason": reason})
    if not (targets == 1).any():
        return replace(rule, chosen=facts | {"reason": "no documents with a label"})
    calibration, held_out = None, raw
    if choice.calibrate != "none":
        calibration, held_out, how = fit_calibration(
            choice.calibrate, raw, targets, seed=choice.seed
        )
        errors = {"before": (raw, held_out), "after": (held_out, raw)}
        facts["calibration"] = how | {
            name: asdict(calibration_error(given, targets, beside=other))
            for name, (given, other) in errors.items()
        }
    rule = replace(rule, calibration=calibration)
    if choice.scope == "fixed":
        return replace(rule, chosen=facts)
    own = choice.scope == "per-label"
    thresholds, how = choose_thresholds(
        raw if own else held_out,
        targets,
        choice.objective,
        scope=choice.scope,
        frequency=frequency,
        seed=choice.seed,
    )
    if own:  # calibration keeps the order within a label, so that the decisions stay the same
        thresholds = rule.calibrate(thresholds[None])[0]
    how["cross_validated"]["0.5"] = _scores(targets, raw > 0.5)
    facts |= {"objective": choice.objective.name, **how}
    return replace(rule, thresholds=thresholds, chosen=facts)


def _scores(targets: np.ndarray, predictions: np.ndarray) -> dict[str, float]:
    found = score(targets, predictions)
    return {"micro_f1": found.micro_f1, "macro_f1": found.macro_f1}
