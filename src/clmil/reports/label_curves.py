"""Precision-recall curves of labels as small pictures that flow over a page of any width."""

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from clmil.decisions.curves import precision_recall
from clmil.reports.page import PALETTE

MOST_POINTS = 50
"""Of a curve."""

CHOSEN, MOST_CURVES = 8, 500
"""Frequent and weak labels that are shown at once, and labels that are shown at all."""

_GRID = (
    'style="display:grid;gap:.25rem 1rem;'
    'grid-template-columns:repeat(auto-fill,minmax(min(6.5rem,42%),1fr))"'
)


def curves_html(
    probabilities: np.ndarray, targets: np.ndarray, labels: Sequence[dict[str, Any]]
) -> str:
    """Return the curves: frequent labels, the weakest, and all others folded away.

    Args:
        probabilities: (n, l), calibrated.
        targets: (n, l) int8, -1 unknown.
        labels: (l,) rows of `per_label` of `full_report`.
    """
    held = [k for k, row in enumerate(labels) if row["average_precision"] is not None]
    frequent = sorted(held, key=lambda k: -labels[k]["train_documents"])[:CHOSEN]
    left = [k for k in held if k not in frequent]
    weak = sorted(left, key=lambda k: labels[k]["average_precision"])[:CHOSEN]
    others = [k for k in left if k not in weak][:MOST_CURVES]
    parts = []
    for heading, columns in (("Frequent labels", frequent), ("Weakest labels", weak)):
        if columns:
            parts.append(f"<h3>{heading}</h3>{_grid(columns, probabilities, targets, labels)}")
    if others:
        inside = _grid(others, probabilities, targets, labels)
        parts.append(f"<details><summary>{len(others):,} more labels</summary>{inside}</details>")
    return "".join(parts)


def _grid(
    columns: list[int],
    probabilities: np.ndarray,
    targets: np.ndarray,
    labels: Sequence[dict[str, Any]],
) -> str:
    pictures = (
        _picture(*precision_recall(probabilities[:, k], targets[:, k]), labels[k]) for k in columns
    )
    return f"<div {_GRID}>{''.join(pictures)}</div>"


def _picture(precision: np.ndarray, recall: np.ndarray, row: dict[str, Any]) -> str:
    """Return one curve in a square of 100 units, with a dot where the label is decided."""
    name, area = escape(row["name"]), 100 * row["average_precision"]
    dot = f'<circle cx="{100 * row["recall"]:.1f}" cy="{100 - 100 * row["precision"]:.1f}" r="4"'
    return (
        '<figure style="margin:.5rem 0"><svg role="img" viewBox="-3 -5 108 108" '
        f'style="min-width:0;max-width:12rem" aria-label="Precision over recall of {name}">'
        '<g fill="none"><path d="M0 0V100H100M0 50H100M50 0V100M0 0H100V100" '
        'stroke="currentColor" stroke-opacity=".3"/>'
        f'<path d="{_line(precision, recall)}" stroke="{PALETTE[0]}" stroke-width="2.5"/></g>'
        f'{dot} fill="{PALETTE[1]}"/></svg><figcaption><strong>{name}</strong><br>'
        f"AP {area:.0f}, F1 {100 * row['f1']:.0f}, {row['support']:,} documents</figcaption>"
        "</figure>"
    )


def _line(precision: np.ndarray, recall: np.ndarray) -> str:
    """Return the path of a curve; of equal recalls the first has the highest precision."""
    first = np.unique(recall, return_index=True)[1]
    first = first[recall[first] > 0]
    some = first[np.unique(np.linspace(0, len(first) - 1, MOST_POINTS).round().astype(int))]
    points = [f"{100 * recall[k]:.1f} {100 - 100 * precision[k]:.1f}" for k in some.tolist()]
    return f"M0 {100 - 100 * precision[some[0]]:.1f}L" + "L".join(points)
