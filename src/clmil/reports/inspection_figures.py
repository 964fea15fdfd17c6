"""The figures of an inspection: label counts, labels a document, lengths, company."""

from typing import Any

import numpy as np

from clmil.reports.page import PALETTE, figure_html, label_decades
from clmil.reports.panels import GROUP_COLOURS, heat_map, panels


def count_figure(report: dict[str, Any]) -> str:
    """Return documents a label, ranked, on a logarithmic scale."""
    figure, (axes,) = panels(2.8)
    first = next(iter(report["parts"]))
    rows = [row for row in report["labels"] if row[first]]
    for group, colour in GROUP_COLOURS.items():
        places = [k for k, row in enumerate(rows, start=1) if row["group"] == group]
        heights = [row[first] for row in rows if row["group"] == group]
        axes.bar(places, heights, width=0.85, color=colour, label=group)
    label_decades(axes.yaxis, [row[first] for row in rows])
    axes.set_xlabel("labels, the most frequent first")
    axes.set_ylabel("documents")
    axes.legend()
    alt = f"Documents of each of {len(rows):,} labels of the {first} part, ranked"
    return figure_html(figure, alt=alt, caption=f"{alt}; colours tell the label groups.")


def sizes_figure(report: dict[str, Any]) -> str:
    """Return the share of documents by number of labels, for each part."""
    figure, (axes,) = panels(2.4)
    parts = report["parts"]
    for number, (part, fact) in enumerate(parts.items()):
        counts = fact["labels_a_document"]["histogram"]
        total, width = max(sum(counts), 1), 0.8 / len(parts)
        places = [k + (number - (len(parts) - 1) / 2) * width for k in range(len(counts))]
        shares = [100 * count / total for count in counts]
        axes.bar(places, shares, width=width, color=PALETTE[number], label=part)
    axes.set_xlabel("labels a document")
    axes.set_ylabel("% of documents")
    axes.legend()
    return figure_html(figure, alt="Share of documents by number of labels, for each part")


def length_figure(report: dict[str, Any]) -> str:
    """Return the histogram of lengths of the first part, with the budget as a line."""
    figure, (axes,) = panels(2.4)
    part, fact = next(iter(report["parts"].items()))
    bins, budget = fact["lengths"]["histogram"], report["budget"]
    axes.stairs(bins["counts"], bins["edges"], fill=True, color=PALETTE[0])
    axes.set_xlabel(report["lengths_in"])
    axes.set_ylabel("documents")
    alt = f"Lengths of the texts of the {part} part"
    if budget is not None:
        axes.axvline(budget, color=PALETTE[1], linestyle="--", label=f"room for text: {budget}")
        axes.legend()
        alt += f"; {100 * fact['lengths']['cut_off']:.1f} % are longer than the room of {budget}"
    return figure_html(figure, alt=alt, caption=f"{alt}.")


def company_figure(report: dict[str, Any]) -> str:
    """Return the heat map of the share of a row's documents with the column's label."""
    names, share = report["cooccurrence"]["labels"], np.array(report["cooccurrence"]["share"])
    np.fill_diagonal(share, 0)
    size = max(2.5, 0.17 * len(names) + 1.6)
    figure, (axes,) = panels(size, width=max(size + 0.6, 4.0))
    heat_map(axes, share, names)
    axes.set_aspect("equal")
    alt = f"How often a row's label comes with the column's, {len(names)} most frequent labels"
    caption = f"{alt}. No colour: never; full colour: on all documents of the row's label."
    return figure_html(figure, alt=alt, caption=caption, dense=True)
