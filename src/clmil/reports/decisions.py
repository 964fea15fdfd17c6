"""The table of a choice of thresholds: before and after."""

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.table import Table


def decision_table(before: Mapping[str, float], chosen: Mapping[str, Any]) -> Table:
    """Return micro- and macro-F1 in per cent, and calibration errors where there are any.

    Args:
        before: `micro_f1` and `macro_f1` of the rule that is replaced, on the same documents.
        chosen: what a `DecisionRule` says of itself; its scores are cross-validated.
    """
    table = Table(box=box.SIMPLE_HEAD)
    for heading, justify in (("decisions", "left"), ("micro-F1", "right"), ("macro-F1", "right")):
        table.add_column(heading, justify="left" if justify == "left" else "right")
    judged = chosen.get("cross_validated", {})
    rows = {
        "the model's until now": before,
        "0.5 for all labels": judged.get("0.5"),
        "one threshold, cross-validated": judged.get("global"),
        f"chosen ({chosen['scope']}), cross-validated": judged.get("chosen"),
    }
    for name, row in rows.items():
        if row is not None:
            table.add_row(name, f"{100 * row['micro_f1']:.1f}", f"{100 * row['macro_f1']:.1f}")
    return table


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
