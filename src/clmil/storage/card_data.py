"""Parts of the model card: what machines read, and how the model decides."""

from pathlib import Path
from typing import Any

from clmil.decisions.rule import DecisionRule

BASES = {"minilm": "sentence-transformers/all-MiniLM-L6-v2"}
"""Encoders that go by an alias here, and their names on the hub."""

METRICS = {
    "micro_f1": ("f1", "Micro-F1"),
    "macro_f1": ("f1", "Macro-F1"),
    "micro_precision": ("precision", "Micro precision"),
    "micro_recall": ("recall", "Micro recall"),
    "subset_accuracy": ("accuracy", "Subset accuracy"),
}
"""Scores that the hub can show: its kind of metric, and what the score is called."""


def front_matter(*, system: str, encoder: str | None, scores: dict[str, Any]) -> str:
    """Return the YAML block by which the hub knows what the model is.

    Args:
        system: what was trained.
        encoder: alias, hub id or folder, which is not named; None: there is none.
        scores: of the validation part, at 0.5.
    """
    from huggingface_hub import EvalResult, ModelCardData

    shown = [
        EvalResult(
            task_type="text-classification",
            task_name="Multi-label text classification",
            dataset_type="validation",
            dataset_name="validation part of the training data",
            dataset_split="validation",
            metric_type=METRICS[name][0],
            metric_name=f"{METRICS[name][1]} at 0.5",
            metric_value=round(float(value), 4),
        )
        for name, value in scores.items()
        if name in METRICS
    ]
    data = ModelCardData(
        library_name="clmil",
        pipeline_tag="text-classification",
        tags=["clmil", "multi-label", "text-classification", system],
        license="unknown",
        base_model=_base(encoder),
        model_name=f"clmil {system}" if shown else None,
        eval_results=shown or None,
    )
    return f"---\n{data.to_yaml()}\n---\n"


def decision_lines(rule: DecisionRule) -> list[str]:
    """Return sentences on a rule's thresholds and calibration, and how they were chosen."""
    lines = [_thresholds(rule), _calibration(rule)]
    if rule.never_empty:
        lines.append("A text with no label over its threshold gets the one that comes nearest.")
    judged = rule.chosen.get("cross_validated", {})
    lines += [
        f"F1 on those documents, cross-validated, {_at(name)}: micro {scores['micro_f1']:.4f}, "
        f"macro {scores['macro_f1']:.4f}."
        for name, scores in judged.items()
        if {"micro_f1", "macro_f1"} <= set(scores)
    ]
    return lines


def _thresholds(rule: DecisionRule) -> str:
    low, high = float(rule.thresholds.min()), float(rule.thresholds.max())
    if low == high:
        told = f"A label is predicted above a probability of {low:.3g}"
    else:
        told = f"Each label has its own threshold, from {low:.3g} to {high:.3g} (`labels.json`)"
    how = rule.chosen
    if "objective" not in how:
        return f"{told}; it was fixed, not chosen on data."
    documents = f" on {how['documents']:,} labelled documents" if "documents" in how else ""
    return f"{told}, chosen for {how['objective']}{documents}."


def _calibration(rule: DecisionRule) -> str:
    if rule.calibration is None:
        return "The probabilities are the system's own and are not calibrated."
    told = f"The probabilities are calibrated ({type(rule.calibration).__name__.lower()})"
    errors = rule.chosen.get("calibration", {})
    if not {"before", "after"} <= set(errors):
        return f"{told}."
    before, after = (errors[name]["adaptive_above"] for name in ("before", "after"))
    return (
        f"{told}; their adaptive error on cells above 0.01 is {after:.4f}, cross-validated, and "
        f"was {before:.4f}."
    )


def _at(name: str) -> str:
    known = {"0.5": "at 0.5", "global": "with one threshold for all", "chosen": "as chosen"}
    return known.get(name, name)


def _base(encoder: str | None) -> str | None:
    if encoder is None:
        return None
    if encoder in BASES:
        return BASES[encoder]
    is_hub_id = encoder.count("/") == 1 and encoder[0] not in "./~" and not Path(encoder).exists()
    return encoder if is_hub_id else None
