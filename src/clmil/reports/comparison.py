"""Two or more models on the same documents: what the one scores more, and whether by chance."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.table import Table

from clmil.decisions.bootstrap import METRICS, difference
from clmil.reports.evaluation import Evaluation
from clmil.reports.tables import METRICS as NAMES
from clmil.reports.tables import plain_table, shown_as

Rows = list[tuple[str, ...]]

HEADERS = ("score", "this", "other", "difference", "95 % interval", "p", "wins")


def compare(first: Evaluation, others: Sequence[Evaluation]) -> list[dict[str, Any]]:
    """Return plain values: of each other model its scores, and what the first has more.

    All must come from one call of `evaluate_outcomes`, so that their draws are paired.
    """
    return [_against(first, other) for other in others]


def comparison_rows(comparison: dict[str, Any], scores: dict[str, Any]) -> Rows:
    """Return a row a score, as `HEADERS` name the cells.

    Args:
        comparison: one element of what `compare` returns.
        scores: of the first model, as `Scores.to_json` gives them.
    """
    rows: Rows = []
    for metric, found in comparison["differences"].items():
        shown = shown_as(metric)
        rows.append(
            (
                NAMES[metric],
                shown(scores[metric]),
                shown(comparison["scores"][metric]),
                _signed(shown(found["value"])),
                f"{_signed(shown(found['low']))} to {_signed(shown(found['high']))}",
                f"{found['p_value']:.3f}",
                f"{100 * found['wins']:.0f} %",
            )
        )
    return rows


def comparison_table(comparison: dict[str, Any], scores: dict[str, Any]) -> Table:
    """Return `comparison_rows` for the terminal."""
    title = f"Compared with {comparison['model']}, on the same draws of documents"
    return plain_table(HEADERS, comparison_rows(comparison, scores), title=title)


def label_differences(comparison: dict[str, Any], most: int = 10) -> list[dict[str, Any]]:
    """Return the labels whose F1 differs most, the largest difference first."""
    ranked = sorted(comparison["per_label"], key=lambda row: -abs(row["difference"]["value"]))
    return [row for row in ranked[:most] if row["difference"]["value"]]


def _against(first: Evaluation, other: Evaluation) -> dict[str, Any]:
    mine, theirs = first.scores.to_json(), other.scores.to_json()
    differences = {
        metric: asdict(
            difference(
                mine[metric] - theirs[metric],
                getattr(first.draws, metric) - getattr(other.draws, metric),
                sign=sign,
            )
        )
        for metric, sign in METRICS.items()
    }
    labels = zip(first.scores.per_label, other.scores.per_label, strict=True)
    drawn = first.draws.label_f1 - other.draws.label_f1
    return {
        "model": other.outcome.name,
        "scores": theirs,
        "intervals": other.intervals(),
        "differences": differences,
        "per_label": [
            {
                "name": label.name,
                "f1": label.f1,
                "other_f1": its.f1,
                "difference": asdict(difference(label.f1 - its.f1, drawn[:, k])),
            }
            for k, (label, its) in enumerate(labels)
        ],
    }


def _signed(number: str) -> str:
    return number if number.startswith("-") else f"+{number}"
