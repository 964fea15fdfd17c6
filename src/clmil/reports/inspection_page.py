"""An inspection as one HTML page."""

import re
from html import escape
from pathlib import Path
from typing import Any

from clmil.reports.inspection_figures import (
    company_figure,
    count_figure,
    length_figure,
    sizes_figure,
)
from clmil.reports.inspection_tables import (
    GROUP_HEADERS,
    duplicate_rows,
    group_rows,
    odd_rows,
    part_rows,
    relation_rows,
)
from clmil.reports.page import Section, require_matplotlib, table_html, write_page

MOST_ROWS = 300
"""Rows of a long table that a page shows; the JSON report has them all."""


def write_inspection(report: dict[str, Any], path: Path) -> None:
    """Write a report of `clmil.reports.inspection.inspect_data` as a page.

    Raises:
        MissingExtraError: if matplotlib is not installed.
        ModelError: if the file cannot be written.
    """
    require_matplotlib()
    first = next(iter(report["parts"].values()))
    facts = {
        **{f"{part} documents": f"{fact['documents']:,}" for part, fact in report["parts"].items()},
        "labels": f"{len(report['labels']):,}",
        "labels a document": f"{first['labels_a_document']['mean']:.2f}",
        "suggestions": f"{len(report['suggestions']):,}",
    }
    sections = [
        _suggestions(report),
        _parts(report),
        _labels(report),
        _relations(report),
        _repeated(report),
        _odd(report),
    ]
    write_page(path, title=f"Data: {Path(report['data']).name}", sections=sections, facts=facts)


def _suggestions(report: dict[str, Any]) -> Section:
    said = "".join(f"<li>{_sentence(one)}</li>" for one in report["suggestions"])
    notes = "".join(f"<li>{_sentence(one)}</li>" for one in report["notes"])
    body = f"<ol>{said}</ol>" if said else "<p>Nothing needs to be changed.</p>"
    body += f"<h3>How the data were read</h3><ul>{notes}</ul>" if notes else ""
    return Section(heading="Suggestions", lead="What to do, the gravest first.", body=body)


def _parts(report: dict[str, Any]) -> Section:
    table = table_html(("", *report["parts"]), part_rows(report), caption="The parts")
    lengths = next(iter(report["parts"].values()))["lengths"]
    figures = length_figure(report) if lengths["measured"] else ""
    return Section(heading="Parts and lengths", body=table + figures)


def _labels(report: dict[str, Any]) -> Section:
    parts = list(report["parts"])
    rows = [
        (row["name"], row["group"], *(f"{row[part]:,}" for part in parts))
        for row in report["labels"]
    ]
    caption = "Documents of each label" + _bounded(len(rows))
    body = (
        count_figure(report)
        + table_html(GROUP_HEADERS, group_rows(report), caption="Head, mid and tail labels")
        + sizes_figure(report)
        + table_html(("label", "group", *parts), rows[:MOST_ROWS], caption=caption, numeric_from=2)
    )
    lead = "The groups are those of the CL-MIL paper, their bounds scaled to this corpus."
    return Section(heading="Labels", lead=lead, body=body if rows else "<p>There are none.</p>")


def _relations(report: dict[str, Any]) -> Section:
    body = company_figure(report) if report["labels"] else ""
    if report["aliases"]:
        groups = [(" = ".join(group),) for group in report["aliases"]]
        body += table_html(("labels",), groups, caption="Labels that always stand together")
    rows = relation_rows(report)
    if rows:
        body += table_html(
            ("label", "comes with", "share of its documents", "its documents"),
            rows[:MOST_ROWS],
            caption="Labels that nearly always come with another one" + _bounded(len(rows)),
            numeric_from=2,
        )
    return Section(heading="Labels that come together", body=body or "<p>There are none.</p>")


def _repeated(report: dict[str, Any]) -> Section:
    rows = duplicate_rows(report)
    table = table_html(
        ("part", "finding", "documents", "text"),
        rows,
        caption="Examples, with the number of the document in its part",
        numeric_from=4,
    )
    counts = [(part, *_counts(report, part)) for part in report["parts"]]
    headers = ("part", "repeated", "near", "other labels", "also in train", "with equal labels")
    body = table_html(headers, counts, caption="Texts that occur more than once, in documents")
    lead = "Near: equal but for case, punctuation and white space."
    return Section(heading="Repeated texts", lead=lead, body=body + (table if rows else ""))


def _counts(report: dict[str, Any], part: str) -> tuple[str, ...]:
    double, leak = report["parts"][part]["duplicates"], report["leakage"].get(part, {})
    within = (double["exact"], double["near"], double["conflicts"])
    across = (leak.get("documents"), leak.get("same_labels"))
    return tuple("-" if value is None else f"{value:,}" for value in (*within, *across))


def _odd(report: dict[str, Any]) -> Section:
    rows = odd_rows(report)
    table = table_html(
        ("part", "finding", "documents", "first ones"),
        rows,
        caption="Odd documents",
        numeric_from=2,
    )
    missing = [(part, len(names), ", ".join(names)) for part, names in report["missing"].items()]
    lost = table_html(
        ("part", "labels", "names"),
        [row for row in missing if row[1]],
        caption="Labels without a document in a part",
        numeric_from=1,
    )
    body = (table if rows else "") + (lost if any(row[1] for row in missing) else "")
    return Section(heading="Odd and missing", body=body or "<p>Nothing is.</p>")


def _sentence(said: str) -> str:
    """Escape a sentence; what stands between backticks becomes code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(said))


def _bounded(rows: int) -> str:
    return f" (the first {MOST_ROWS} of {rows:,})" if rows > MOST_ROWS else ""
