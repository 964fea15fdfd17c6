"""The paper's tables from finished cells, its own numbers in columns of their own."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from clmil.experiments.machine import said
from clmil.experiments.published import CORPORA, NOTES, SOURCE, TABLES, corpus_like
from clmil.experiments.results import GROUPS, Results
from clmil.experiments.variants import ORDERED, VARIANTS, Variant

METRICS = {
    "HL (-)": "hamming_loss",
    "Pre (+)": "micro_precision",
    "Rec (+)": "micro_recall",
    "F1 (+)": "micro_f1",
}
"""The paper's columns, and the scores that they are."""

NOTHING = "–"

NUMBER = re.compile(r"[-+]?[\d.]")
"""How a cell that holds a number begins."""

REMARK = (
    f"Columns marked 'paper' are what {SOURCE} print for {{corpus}} with BERT-base. They are "
    "not comparable with figures on other data, another train part or another encoder."
)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A table as text.

    Attributes:
        title: such as `Table 3`, with what it shows.
        headers: one a column.
        rows: one cell a column.
        notes: sentences below it.
        aside: last columns that a narrow page, such as a terminal, does without.
    """

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    aside: int = 0

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Layout":
        """Return the table of plain values, lists where it has tuples.

        Raises:
            KeyError: if a value is missing.
            TypeError: if there is one too many.
        """
        rows = tuple(map(tuple, values["rows"]))
        told = {"headers": tuple(values["headers"]), "rows": rows, "notes": tuple(values["notes"])}
        return cls(**{**values, **told})

    def narrow(self) -> "Layout":
        """Return the table without the columns that a narrow page does without."""
        kept = len(self.headers) - self.aside
        rows = tuple(row[:kept] for row in self.rows)
        return replace(self, headers=self.headers[:kept], rows=rows, aside=0)

    def markdown(self) -> str:
        """Return a heading, the table and its notes."""
        lines = [f"### {self.title}", "", _line(self.headers)]
        columns = [[row[k] for row in self.rows] for k in range(len(self.headers))]
        lines += [_line(["---:" if _numeric(one) else "---" for one in columns])]
        lines += map(_line, self.rows)
        return "\n".join([*lines, *(f"\n{note}" for note in self.notes)]) + "\n"


def performance_table(part: str, results: Results) -> Layout:
    """Return Table 3, 4 or 5: scores at 0.5 as the paper's, and what it does not tell.

    Args:
        part: `table3`, `table4` or `table5`.
        results: of one corpus.
    """
    corpus = corpus_like(_labels(results))
    printed = TABLES[part].get(corpus, {}) if corpus else {}
    headers = ["system", *METRICS, "F1, tuned", "macro-F1", "seeds"]
    headers += [f"{name.split()[0]}, paper" for name in METRICS] if printed else []
    rows = []
    for variant in VARIANTS[part]:
        row = [variant.name, *_scores(results, variant, METRICS.values())]
        row += [
            score_cell(results.values(variant, "scores", "tuned", "micro_f1")),
            score_cell(results.values(variant, "scores", "fixed", "macro_f1")),
            str(len(results.of(variant))),
        ]
        if printed:
            paper = printed.get(variant.name)
            row += [_printed(getattr(paper, key, None), key) for key in METRICS.values()]
        rows.append(tuple(row))
    notes = [
        "Hamming loss as a share, the rest in per cent, at a threshold of 0.5; tuned: at "
        "thresholds chosen on validation documents. Mean and standard deviation over seeds."
    ]
    if corpus and printed:
        notes += [REMARK.format(corpus=CORPORA[corpus]), *NOTES.get(part, ())]
    return Layout(
        title=f"Table {part.removeprefix('table')} on {results.corpus.name}",
        headers=tuple(headers),
        rows=tuple(rows),
        notes=tuple(notes),
        aside=len(METRICS) if printed else 0,
    )


def group_table(results: Results) -> Layout:
    """Return what Figure 6 shows: micro-F1 by label group, in per cent."""
    rows = tuple(
        (
            variant.name,
            *(score_cell(results.values(variant, "per_group", "fixed", g, "f1")) for g in GROUPS),
        )
        for variant in VARIANTS["figure6"]
    )
    note = "Micro-F1 in per cent over the labels of each group (Table 6), at a threshold of 0.5."
    return Layout(
        title=f"Figure 6 on {results.corpus.name}",
        headers=("system", *GROUPS),
        rows=rows,
        notes=(note,),
    )


def order_table(results: Results) -> Layout:
    """Return scores by the order in which label tokens follow the text."""
    keys = ("micro_f1", "macro_f1", "hamming_loss")
    rows = tuple(
        (
            variant.name if number else f"{variant.name}, frequency",
            *_scores(results, variant, keys),
            str(len(results.of(variant))),
        )
        for number, variant in enumerate(ORDERED)
    )
    return Layout(
        title=f"Label orders on {results.corpus.name}",
        headers=("system", "micro-F1", "macro-F1", "HL (-)", "seeds"),
        rows=rows,
        notes=("The paper leaves the order of the label tokens open (Limitations).",),
    )


def cost_table(results: Results, variants: Sequence[Variant]) -> Layout:
    """Return seconds, speed, memory and calibration of the finished cells."""
    columns: dict[str, tuple[tuple[str, ...], Callable[[float], str]]] = {
        "training, s": (("train_seconds",), "{:,.0f}".format),
        "of a processor, s": (("train_processor_seconds",), "{:,.0f}".format),
        "training, documents/s": (("train_documents_per_second",), "{:,.1f}".format),
        "prediction, documents/s": (("documents_per_second",), "{:,.0f}".format),
        "peak memory, MB": (("peak_megabytes",), "{:,.0f}".format),
        "calibration error": (("calibration_error", "adaptive_above"), "{:.3f}".format),
    }
    rows = []
    for variant in variants:
        found = [results.values(variant, *path) for path, _ in columns.values()]
        shown = zip(found, columns.values(), strict=True)
        cells = [say(float(np.mean(values))) if values else NOTHING for values, (_, say) in shown]
        if any(found):
            on = {said(outcome.values.get("machine", {})) for outcome in results.of(variant)}
            rows.append((variant.name, *cells, "; ".join(sorted(filter(None, on))) or NOTHING))
    return Layout(
        title=f"Costs on {results.corpus.name}",
        headers=("system", *columns, "on"),
        rows=tuple(rows),
        notes=(
            "Means over seeds. Seconds of a processor do not count what else the machine did. The "
            "calibration error counts cells above 0.01; a system that writes label sets itself has "
            "none. Costs on different machines are not comparable.",
        ),
    )


def score_cell(values: Sequence[float], key: str = "") -> str:
    """Return a mean with its standard deviation, in per cent but for Hamming losses."""
    if not values:
        return NOTHING
    factor, places = (1.0, 4) if key == "hamming_loss" else (100.0, 1)
    mean = f"{factor * float(np.mean(values)):.{places}f}"
    if len(values) < 2:
        return mean
    return f"{mean} ± {factor * float(np.std(values, ddof=1)):.{places}f}"


def _scores(results: Results, variant: Variant, keys: Iterable[str]) -> list[str]:
    return [score_cell(results.values(variant, "scores", "fixed", key), key) for key in keys]


def _printed(value: float | None, key: str) -> str:
    if value is None:
        return NOTHING
    return f"{value:.4f}" if key == "hamming_loss" else f"{value:.1f}"


def _labels(results: Results) -> int:
    counts = (
        values["results"].get("labels", 0)
        for values in results.finished.values()
        if values["cell"]["corpus"] == results.corpus.name
    )
    return int(next(counts, 0))


def _numeric(column: Sequence[str]) -> bool:
    """Tell whether a column holds numbers and gaps alone, which stand to the right."""
    shown = [cell for cell in column if cell.strip(f" {NOTHING}")]
    return bool(shown) and all(NUMBER.match(cell) for cell in shown)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
