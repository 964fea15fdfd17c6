"""The table of a choice of thresholds: before and after."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from clmil.reports.tables import plain_table


def decision_table(before: Mapping[str, float], chosen: Mapping[str, Any]) -> Table:
    """Return micro- and macro-F1 in per cent, and calibration errors where there are any.

    Args:
        before: `micro_f1` and `macro_f1` of the rule that is replaced, on the same documents.
        chosen: what a `DecisionRule` says of itself; its scores are cross-validated.
    """
    judged = chosen.get("cross_validated", {})
    rules = {
        "the model's until now": before,
        "0.5 for all labels": judged.get("0.5"),
        "one threshold, cross-validated": judged.get("global"),
        f"chosen ({chosen['scope']}), cross-validated": judged.get("chosen"),
    }
    rows = [
        (name, f"{100 * scores['micro_f1']:.1f}", f"{100 * scores['macro_f1']:.1f}")
        for name, scores in rules.items()
        if scores is not None
    ]
    return plain_table(("decisions", "micro-F1", "macro-F1"), rows)


def calibration_sentence(chosen: Mapping[str, Any]) -> str | None:
    """Say what calibration does to the error by label, cells above 0.01; None without any."""
    found = chosen.get("calibration")
    if found is None:
        return None
    if found["kind"] == "none":
        return "Calibration is left out: cross-validation does not find it better."
    before, after = (found[key]["adaptive_above"] for key in ("before", "after"))
    return (
        f"Calibration ({found['kind']}): adaptive error by label, cells above 0.01, "
        f"{before:.4f} before, {after:.4f} after, cross-validated; "
        f"{found['after']['chance_above']:.4f} are to be expected by chance."
    )
