"""One HTML file a report: sections, tables and figures, with nothing loaded from outside.

Pages read well on a telephone, in the dark, printed, with a keyboard and aloud.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from types import MappingProxyType

from clmil.reports.page_style import PALETTE, STYLE
from clmil.reports.svg import figure_html, label_decades, require_matplotlib
from clmil.storage.atomic import write_text

__all__ = [
    "PALETTE",
    "Section",
    "figure_html",
    "label_decades",
    "require_matplotlib",
    "table_html",
    "write_page",
]

LONG = 25
"""Rows from which on a table scrolls by itself, its headers in sight."""

WORDY = 40
"""Characters from which on a cell is given room for several words a line."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """One part of a page.

    Attributes:
        heading: plain text; the section's anchor is made from it.
        body: HTML, as `table_html` and `figure_html` return it.
        lead: plain text below the heading that says how to read the section.
    """

    heading: str
    body: str
    lead: str = ""


def write_page(
    path: Path,
    *,
    title: str,
    sections: Sequence[Section],
    facts: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Write one self-contained HTML file, whole or not at all.

    Args:
        path: the file; one that is there is replaced.
        title: plain text, the name of the page.
        sections: in their order; a list of links to them stands on top.
        facts: names to values in plain text, shown as tiles below the title.

    Raises:
        ModelError: if the file cannot be written.
    """
    anchors = _anchors([section.heading for section in sections])
    links = "".join(
        f'<li><a href="#{anchor}">{escape(section.heading)}</a></li>'
        for anchor, section in zip(anchors, sections, strict=True)
    )
    body = "\n".join(map(_section_html, anchors, sections))
    write_text(
        path,
        f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header><h1>{escape(title)}</h1>{_facts_html(facts)}</header>
<nav aria-label="Sections"><ul>{links}</ul></nav>
<main id="content">
{body}
</main>
<footer>Written by clmil.</footer>
</body>
</html>
""",
    )


def table_html(
    headers: Sequence[object],
    rows: Sequence[Sequence[object]],
    *,
    caption: str,
    numeric_from: int = 1,
) -> str:
    """Return a table; everything in it is escaped.

    Args:
        headers: one a column.
        rows: one cell a column; the first cell is the row's header.
        caption: plain text that says what the table shows.
        numeric_from: columns from this one on are set to the right, as numbers are.
    """
    head = "".join(
        f'<th scope="col"{_number(column, numeric_from)}>{escape(str(name))}</th>'
        for column, name in enumerate(headers)
    )
    body = "\n".join(f"<tr>{_row_html(row, numeric_from)}</tr>" for row in rows)
    kind, said = "scroll", escape(caption)
    if len(rows) > LONG:
        kind, said = "scroll tall", f"{said} ({len(rows):,} rows, scroll down for more)"
    return (
        f'<div class="{kind}" role="region" tabindex="0" aria-label="{escape(caption)}"><table>'
        f"<caption>{said}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def _section_html(anchor: str, section: Section) -> str:
    lead = f'<p class="lead">{escape(section.lead)}</p>' if section.lead else ""
    return (
        f'<section id="{anchor}" aria-labelledby="{anchor}-heading">'
        f'<h2 id="{anchor}-heading">{escape(section.heading)}</h2>{lead}{section.body}</section>'
    )


def _anchors(headings: Sequence[str]) -> list[str]:
    """Make an id of every heading; a heading that comes again gets a number."""
    anchors: list[str] = []
    for heading in headings:
        slug = re.sub(r"\W+", "-", heading.lower()).strip("-") or "section"
        taken = sum(anchor == slug or anchor.startswith(f"{slug}--") for anchor in anchors)
        anchors.append(f"{slug}--{taken + 1}" if taken else slug)
    return anchors


def _facts_html(facts: Mapping[str, str]) -> str:
    if not facts:
        return ""
    tiles = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"
        for name, value in facts.items()
    )
    return f'<dl class="facts">{tiles}</dl>'


def _row_html(row: Sequence[object], numeric_from: int) -> str:
    if not row:
        return ""
    cells = "".join(
        f"<td{_number(column, numeric_from) or _wordy(cell)}>{escape(str(cell))}</td>"
        for column, cell in enumerate(row[1:], start=1)
    )
    return f'<th scope="row"{_number(0, numeric_from)}>{escape(str(row[0]))}</th>{cells}'


def _number(column: int, numeric_from: int) -> str:
    return ' class="number"' if column >= numeric_from else ""


def _wordy(cell: object) -> str:
    return ' class="long"' if len(str(cell)) > WORDY else ""
