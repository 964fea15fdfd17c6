"""What a plan found, as one HTML page and as a page of documentation."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import Any

from clmil.errors import DataError
from clmil.experiments.claims import CLAIMS
from clmil.experiments.geometry_tables import geometry_table
from clmil.experiments.illustrations import Illustration, illustrate
from clmil.experiments.layout import Layout
from clmil.experiments.performance import performance_table
from clmil.experiments.published import SOURCE
from clmil.experiments.results import Results
from clmil.experiments.tables import cost_table, group_table, order_table
from clmil.experiments.variants import variants_of
from clmil.reports.page import Section, table_html, write_page


@dataclass(frozen=True, kw_only=True)
class Findings:
    """Tables, verdicts and figures of a plan.

    Attributes:
        tables: in their order.
        verdicts: a table a corpus.
        figures: in their order.
        remarks: what a reader has to know first, a sentence each.
    """

    tables: tuple[Layout, ...]
    verdicts: tuple[Layout, ...] = ()
    figures: tuple[Illustration, ...] = ()
    remarks: tuple[str, ...] = ()


def find(
    parts: Sequence[str],
    results: Sequence[Results],
    folder: Path,
    *,
    described: Sequence[Layout] = (),
    encoder: str = "",
    remarks: Sequence[str] = (),
) -> Findings:
    """Lay out what finished cells show of some parts of the paper.

    Args:
        parts: such as `table3` and `figure5`.
        results: of each corpus.
        folder: gets the files of the figures.
        described: tables that need no cells.
        encoder: of the systems, by which some claims are judged.
        remarks: to be said first.

    Raises:
        ModelError: if a file cannot be written.
    """
    tables, verdicts, figures = list(described), [], []
    for found in results:
        tables += [_table(part, found) for part in parts if part in _TABLES]
        costs = cost_table(found, variants_of(tuple(parts)))
        tables += [costs] if costs.rows else []
        judged = _verdicts(parts, found, encoder)
        verdicts += [judged] if judged.rows else []
        drawn = [illustrate(part, found, folder) for part in parts if part.startswith("figure")]
        figures += [figure for figure in drawn if figure is not None]
    return Findings(
        tables=tuple(tables),
        verdicts=tuple(verdicts),
        figures=tuple(figures),
        remarks=tuple(remarks),
    )


def to_json(findings: Findings) -> dict[str, Any]:
    """Return findings as plain values, figures as names of their files."""
    return {
        "remarks": list(findings.remarks),
        "verdicts": [asdict(table) for table in findings.verdicts],
        "tables": [asdict(table) for table in findings.tables],
        "figures": [
            {"title": figure.title, "files": [file.name for file in figure.files]}
            for figure in findings.figures
        ],
    }


def from_json(values: Mapping[str, Any], figures: Path = Path()) -> Findings:
    """Return findings that `to_json` told; their figures have no HTML.

    Args:
        values: plain values.
        figures: folder of the figures' files.

    Raises:
        DataError: if a value is missing or one too many.
    """
    try:
        drawn = [
            Illustration(
                title=told["title"], html="", files=tuple(figures / name for name in told["files"])
            )
            for told in values["figures"]
        ]
        return Findings(
            tables=tuple(map(Layout.from_json, values["tables"])),
            verdicts=tuple(map(Layout.from_json, values["verdicts"])),
            figures=tuple(drawn),
            remarks=tuple(values["remarks"]),
        )
    except (KeyError, TypeError) as error:
        raise DataError(
            f"the findings are damaged ({error}); run `clmil reproduce` again to write them anew."
        ) from error


def write_report(findings: Findings, path: Path, *, title: str) -> None:
    """Write the HTML page.

    Raises:
        ModelError: if it cannot be written.
    """
    sections = [Section(heading="Read first", body=_list(findings.remarks))]
    sections = sections if findings.remarks else []
    sections += [
        Section(heading=table.title, body=_html(table))
        for table in (*findings.verdicts, *findings.tables)
    ]
    sections += [Section(heading=figure.title, body=figure.html) for figure in findings.figures]
    write_page(path, title=title, sections=sections)


def text_report(findings: Findings, *, command: str, figures: str = "") -> str:
    """Return the same as Markdown, with links to the figures' files.

    Args:
        findings: of a plan.
        command: that was given.
        figures: where their files lie, as seen from the page; ends with a slash if not empty.
    """
    lines = [
        "# Reproduction",
        "",
        f"Made by `{command}` from the JSON file of each trained system; none of the figures is "
        f"typed. What {SOURCE} print stands in columns of its own.",
        "",
        *findings.remarks,
        "",
    ]
    if findings.verdicts:
        lines += ["## The paper's claims", ""]
        lines += [table.markdown() for table in findings.verdicts]
    lines += ["## Tables", "", *(table.markdown() for table in findings.tables)]
    if findings.figures:
        lines += ["## Figures", ""]
    for figure in findings.figures:
        links = (file.name for file in figure.files[1:])
        also = "".join(f" ([to turn by hand]({figures}{name}))" for name in links)
        lines += [
            f"![{figure.title}]({figures}{figure.files[0].name})",
            "",
            f"{figure.title}{also}.",
            "",
        ]
    return "\n".join(lines).rstrip() + "\n"


_TABLES = ("table3", "table4", "table5", "figure3", "figure4", "figure6", "orders")


def _table(part: str, results: Results) -> Layout:
    if part in ("figure3", "figure4"):
        return geometry_table(part, results)
    if part == "figure6":
        return group_table(results)
    return order_table(results) if part == "orders" else performance_table(part, results)


def _verdicts(parts: Sequence[str], results: Results, encoder: str) -> Layout:
    rows = []
    for claim in CLAIMS:
        if claim.part in parts:
            verdict = claim.verdict(results, encoder)
            where = f"{claim.text} (section {claim.section})"
            rows.append((where, verdict.word, verdict.reason))
    note = (
        "In brackets: 95 % intervals of paired bootstraps over the test documents, and over the "
        "seeds where there are several; of one seed they say nothing of another training run. "
        "Precision, recall and F1 are differences in points, at a threshold of 0.5."
    )
    return Layout(
        title=f"Verdicts on {results.corpus.name}",
        headers=("claim", "verdict", "why"),
        rows=tuple(rows),
        notes=(note,),
    )


def _html(table: Layout) -> str:
    numeric = len(table.headers) if table.title.startswith("Verdicts") else 1
    # A caption is as wide as its table, so that one of a wide table has to be short.
    caption, *notes = (table.title, *table.notes) if table.aside else table.notes or (table.title,)
    body = table_html(table.headers, table.rows, caption=caption, numeric_from=numeric)
    return body + "".join(f'<p class="lead">{escape(note)}</p>' for note in notes)


def _list(remarks: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(remark)}</li>' for remark in remarks)}</ul>"
