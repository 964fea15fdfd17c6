"""Tables 3, 4 and 5 from finished cells, the paper's numbers in columns of their own."""

from clmil.decisions.bootstrap import Difference, Interval
from clmil.experiments.layout import NOTHING, Layout
from clmil.experiments.published import CORPORA, NOTES, SOURCE, TABLES, Row, corpus_like
from clmil.experiments.results import Results, Side
from clmil.experiments.scores import score_cell, scores_at_half
from clmil.experiments.variants import CL_MIL, DIL, VARIANTS, Variant

METRICS = {
    "HL (-)": "hamming_loss",
    "Pre (+)": "micro_precision",
    "Rec (+)": "micro_recall",
    "F1 (+)": "micro_f1",
}
"""The paper's columns, and the scores that they are."""

REFERENCES = {"table3": CL_MIL, "table4": CL_MIL, "table5": DIL}
"""With which the systems of a table are compared."""

REMARK = (
    f"Columns marked 'paper' are what {SOURCE} print for {{corpus}} with BERT-base. They are "
    "not comparable with figures on other data, another train part or another encoder."
)


def performance_table(part: str, results: Results) -> Layout:
    """Return Table 3, 4 or 5: scores at 0.5 as the paper's, and what it does not tell.

    Args:
        part: `table3`, `table4` or `table5`.
        results: of one corpus.
    """
    corpus = corpus_like(_labels(results))
    printed = TABLES[part].get(corpus, {}) if corpus else {}
    reference = REFERENCES[part]
    headers = ["system", *METRICS, "F1, 95 %", f"F1 to {reference.name}", "F1, tuned"]
    headers += ["macro-F1", "macro-F1, tuned", "seeds"]
    headers += [f"{name.split()[0]}, paper" for name in METRICS] if printed else []
    rows = [
        (*_row(results, variant, reference), *(_printed(printed.get(variant.name), printed)))
        for variant in VARIANTS[part]
    ]
    notes = [
        "Hamming loss as a share, the rest in per cent, at a threshold of 0.5; tuned: at "
        "thresholds chosen on validation documents for micro-F1. Mean and standard deviation over "
        "seeds. Intervals of 95 % by resampled test documents, and seeds where there are several; "
        "differences of F1 on the same ones."
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


def _row(results: Results, variant: Variant, reference: Variant) -> list[str]:
    """Return the name of a system and what was found of it."""
    side = Side(variant=variant)
    compared = None
    if variant != reference:
        compared = results.compare(side, Side(variant=reference), "micro_f1")
    return [
        variant.name,
        *scores_at_half(results, variant, METRICS.values()),
        _ends(results.interval(side, "micro_f1")),
        _difference(compared),
        score_cell(results.values(variant, "scores", "tuned", "micro_f1")),
        *scores_at_half(results, variant, ["macro_f1"]),
        score_cell(results.values(variant, "scores", "tuned", "macro_f1")),
        str(len(results.of(variant))),
    ]


def _ends(found: Interval | None) -> str:
    return NOTHING if found is None else f"{100 * found.low:.1f} to {100 * found.high:.1f}"


def _difference(found: Difference | None) -> str:
    if found is None:
        return NOTHING
    return f"{100 * found.value:+.1f} ({100 * found.low:+.1f} to {100 * found.high:+.1f})"


def _printed(paper: Row | None, printed: object) -> list[str]:
    """Return the paper's numbers of a system, nothing where it prints none for the corpus."""
    if not printed:
        return []
    values = [getattr(paper, key, None) for key in METRICS.values()]
    return [
        NOTHING if value is None else f"{value:.4f}" if key == "hamming_loss" else f"{value:.1f}"
        for key, value in zip(METRICS.values(), values, strict=True)
    ]


def _labels(results: Results) -> int:
    counts = (
        values["results"].get("labels", 0)
        for values in results.finished.values()
        if values["cell"]["corpus"] == results.corpus.name
    )
    return int(next(counts, 0))
