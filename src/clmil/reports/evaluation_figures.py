"""The figures of an evaluation: thresholds, reliability, frequency, confusions."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from clmil.decisions.curves import Reliability, Sweep
from clmil.reports.page import PALETTE, figure_html, label_decades
from clmil.reports.panels import GRID, GROUP_COLOURS, heat_map, panels

MOST_CONFUSED = 25
"""Labels a side of the heat map."""


def threshold_figure(found: Sweep, scores: Mapping[str, float]) -> str:
    """Return micro-F1 and macro-F1 over one threshold for all labels, with the rule's own."""
    figure, (axes,) = panels(2.8)
    for key, name, colour in (("micro_f1", "micro-F1", 0), ("macro_f1", "macro-F1", 1)):
        values = 100 * getattr(found, key)
        axes.plot(found.thresholds, values, color=PALETTE[colour], label=name)
        label = f"{name}, the model's own thresholds"
        axes.axhline(100 * scores[key], color=PALETTE[colour], linestyle="--", label=label)
    axes.set_xlabel("one threshold for all labels")
    axes.set_ylabel("F1 in %")
    axes.set_xlim(0, 1)
    axes.legend(fontsize=8)
    best = found.thresholds[int(found.micro_f1.argmax())]
    alt = f"F1 at one threshold for all labels; micro-F1 is highest at {best:.2f}"
    caption = (
        f"{alt}. A threshold chosen on these very documents would flatter the model: use it to see "
        "how much thresholds matter, and choose them on validation documents."
    )
    return figure_html(figure, alt=alt, caption=caption)


def reliability_figure(kinds: Mapping[str, Reliability]) -> str:
    """Return frequency over probability, with the number of cells below.

    Args:
        kinds: name to cells by probability, such as `raw` and `calibrated`.
    """
    figure, (axes, below) = panels(4.4, heights=(3, 1))
    axes.plot([0, 1], [0, 1], color=GRID, linestyle=":", label="as probable as said")
    for number, (name, found) in enumerate(kinds.items()):
        style: dict[str, Any] = {
            "color": PALETTE[number],
            "marker": "os"[number % 2],
            "markersize": 4,
        }
        axes.plot(found.probability, found.frequency, label=name, **style)
        below.plot(found.probability, found.cells, **style)
    axes.set_ylabel("share that is relevant")
    axes.legend(fontsize=8)
    label_decades(below.yaxis, [n for found in kinds.values() for n in found.cells if n])
    below.set_ylabel("cells")
    below.set_xlabel("probability")
    alt = f"Share of relevant cells by {' and '.join(kinds)} probability, all labels together"
    caption = f"{alt}. Below the dotted line the model is too sure, above it too timid."
    return figure_html(figure, alt=alt, caption=caption)


def frequency_figure(labels: Sequence[Mapping[str, Any]]) -> str:
    """Return F1 of labels over their training documents, with intervals as thin lines."""
    figure, (axes,) = panels(3.2)
    for group, colour in GROUP_COLOURS.items():
        rows = [row for row in labels if row["group"] == group and row["support"]]
        counts = np.array([max(row["train_documents"], 1) for row in rows])
        axes.scatter(counts, [100 * row["f1"] for row in rows], s=18, color=colour, label=group)
        ends = [row["f1_interval"] for row in rows]
        low, high = ([100 * end[side] for end in ends] for side in ("low", "high"))
        axes.vlines(counts, low, high, color=colour, alpha=0.4, linewidth=1)
    label_decades(axes.xaxis, [max(row["train_documents"], 1) for row in labels])
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_ylim(-3, 103)
    axes.set_xlabel("training documents of the label")
    axes.set_ylabel("F1 in %")
    axes.legend(fontsize=8)
    alt = "F1 of each label over the number of its training documents"
    return figure_html(figure, alt=alt, caption=f"{alt}; lines are 95 % intervals.")


def confusion_figure(counts: np.ndarray, names: Sequence[str]) -> str:
    """Return the heat map of missed labels (rows) and labels that were put (columns).

    Args:
        counts: (l, l) documents, as `confusion_counts` gives them; some are above 0.
        names: (l,) label names.
    """
    chosen = _busiest(counts.sum(axis=1) + counts.sum(axis=0))
    shown = counts[np.ix_(chosen, chosen)]
    figure, (axes,) = panels(0.24 * len(chosen) + 1.9, width=max(0.27 * len(chosen) + 2.2, 4.0))
    heat_map(axes, shown / max(shown.max(), 1), [names[k] for k in chosen.tolist()])
    for place, documents in np.ndenumerate(shown):
        if documents:
            spot: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 6}
            axes.text(place[1] + 0.5, place[0] + 0.5, f"{documents}", **spot)
    axes.set_xlabel("predicted instead, wrongly")
    axes.set_ylabel("missed")
    alt = "Documents in which the row's label is missed and the column's wrongly predicted"
    return figure_html(
        figure, alt=alt, caption=f"{alt}, for the labels that are most involved.", dense=True
    )


def _busiest(totals: np.ndarray) -> np.ndarray:
    order = np.argsort(-totals, kind="stable")[:MOST_CONFUSED]
    return np.asarray(order[totals[order] > 0])
