"""What one way of predicting gains over others on test documents, each by its own thresholds."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks.trials import row
from clmil.decisions.bootstrap import difference, resample
from clmil.decisions.choosing import Choice, choose_rule
from clmil.decisions.metrics import score, threshold
from clmil.decisions.objectives import Objective

NEEDED = ("probabilities", "targets", "validation", "validation_targets")
"""Arrays of one system: (n, l) on test, then (v, l) on validation."""

SCORED = (
    "micro-F1 at 0.5",
    "macro-F1 at 0.5",
    "own thresholds, micro-F1",
    "macro-F1",
)

Arrays = Mapping[str, np.ndarray]


def gains(everyone: Mapping[str, Arrays], best: str) -> dict[str, Any]:
    """Return test scores at 0.5 and at thresholds chosen for macro-F1 on validation.

    Args:
        everyone: name to arrays of one corpus, in which documents and labels stand alike.
        best: the name whose gain in macro-F1 over each of the others is told.
    """
    targets = next(iter(everyone.values()))["targets"]
    decided = {name: decisions(one) for name, one in everyone.items()}
    scores = {
        name: {how: score(targets, given).to_json() for how, given in found.items()}
        for name, found in decided.items()
    }
    drawn = dict(
        zip(everyone, resample(targets, [one["own"] for one in decided.values()]), strict=True)
    )
    reached = {name: one["own"]["macro_f1"] for name, one in scores.items()}
    apart = {
        name: vars(
            difference(reached[best] - reached[name], drawn[best].macro_f1 - drawn[name].macro_f1)
        )
        for name in everyone
        if name != best
    }
    return {"documents": len(targets), "scores": scores, "gain_in_macro_f1": apart}


def decisions(one: Arrays) -> dict[str, np.ndarray]:
    """Return decisions on test: at 0.5, and by a threshold a label chosen on validation."""
    choice = Choice(objective=Objective(name="macro-f1"), seed=1)
    rule = choose_rule(one["validation"], one["validation_targets"], choice)
    return {"fixed": threshold(one["probabilities"]), "own": rule.decide(one["probabilities"])}


def table(corpus: str, found: Mapping[str, Any], best: str) -> str:
    """Return a Markdown table; a column of weights where what was found has them."""
    weights = found.get("weights")
    weighed = [] if weights is None else ["weight"]
    lines = [f"**{corpus}**, {found['documents']:,} test documents", ""]
    lines.append(row(["system", *weighed, *SCORED, f"macro-F1 of {best} less its"]))
    lines.append(row(["---", *["---:"] * (len(weighed) + len(SCORED) + 1)]))
    for name, scores in found["scores"].items():
        values = [scores[how][key] for how in ("fixed", "own") for key in ("micro_f1", "macro_f1")]
        apart = found["gain_in_macro_f1"].get(name)
        cells = [name]
        if weights is not None:
            cells.append(f"{weights[name]:.2f}" if name in weights else "")
        cells += [f"{100 * value:.1f}" for value in values]
        lines.append(row([*cells, "" if apart is None else points(apart)]))
    return "\n".join(lines)


def points(apart: Mapping[str, float]) -> str:
    """Return a difference and its 95 % interval, in points."""
    value, low, high = (f"{100 * apart[name]:+.1f}" for name in ("value", "low", "high"))
    return f"{value} ({low} to {high})"
