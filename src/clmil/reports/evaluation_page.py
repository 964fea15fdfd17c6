"""An evaluation as one HTML page."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from clmil.decisions.curves import reliability, sweep
from clmil.decisions.mistakes import confusion_counts
from clmil.reports.evaluation import Evaluation
from clmil.reports.evaluation_figures import (
    confusion_figure,
    reliability_figure,
    threshold_figure,
)
from clmil.reports.evaluation_sections import (
    comparison_section,
    facts_of,
    labels_section,
    scores_section,
)
from clmil.reports.label_curves import curves_html
from clmil.reports.outcome import Outcome
from clmil.reports.page import Section, require_matplotlib, table_html, write_page
from clmil.reports.worst_errors import worst_section


def write_evaluation(
    path: Path, evaluation: Evaluation, report: Mapping[str, Any], texts: Sequence[str]
) -> None:
    """Write an evaluation as a page.

    Args:
        path: the HTML file.
        evaluation: what to show.
        report: what `full_report` says of it, with `comparison` where there was one.
        texts: (n,) of the documents; only those that are shown are looked at.

    Raises:
        MissingExtraError: if matplotlib is not installed.
        ModelError: if the file cannot be written.
    """
    require_matplotlib()
    outcome = evaluation.outcome
    sections = [
        scores_section(evaluation, report),
        *(comparison_section(one, report["scores"]) for one in report.get("comparison", ())),
        _thresholds(outcome, report),
        _calibration(outcome, report),
        labels_section(report),
        Section(
            heading="Precision and recall by label",
            lead="Recall runs to the right and precision upwards, each from 0 to 100 %; the dot is "
            "where the model decides. Labels without a relevant document are left out.",
            body=curves_html(outcome.probabilities, outcome.targets, report["per_label"]),
        ),
        _confusions(outcome, report),
        worst_section(outcome, texts),
    ]
    title = f"{report['model']} on {report['data']}"
    write_page(path, title=title, sections=sections, facts=facts_of(report))


def _thresholds(outcome: Outcome, report: Mapping[str, Any]) -> Section:
    found = sweep(outcome.probabilities, outcome.targets)
    body = threshold_figure(found, report["scores"])
    return Section(heading="Thresholds", body=body)


def _calibration(outcome: Outcome, report: Mapping[str, Any]) -> Section:
    kinds = {"the network's own": outcome.raw}
    if not np.array_equal(outcome.raw, outcome.probabilities):
        kinds["calibrated"] = outcome.probabilities
    errors = report["calibration_error"]
    shown = [errors["raw"], errors["calibrated"]][: len(kinds)]
    rows = [
        (name, *(f"{error[key]:.4f}" for error in shown))
        for key, name in {
            "classwise": "class-wise",
            "adaptive": "adaptive",
            "adaptive_above": "adaptive, cells above 0.01",
            "chance_above": "the same by chance alone",
        }.items()
    ]
    table = table_html(("calibration error", *kinds), rows, caption="Mean gaps over labels")
    curves = {name: reliability(values, outcome.targets) for name, values in kinds.items()}
    lead = "Whether a probability of 0.7 is right in 70 of 100 cases."
    return Section(heading="Reliability", lead=lead, body=reliability_figure(curves) + table)


def _confusions(outcome: Outcome, report: Mapping[str, Any]) -> Section:
    counts = confusion_counts(outcome.targets, outcome.predictions)
    if not counts.any():
        return Section(heading="Taken for another", body="<p>No label was.</p>")
    pairs = [
        (pair["missed"], pair["predicted"], f"{pair['documents']:,}")
        for pair in report["confusions"][:15]
    ]
    table = table_html(
        ("missed", "predicted instead", "documents"),
        pairs,
        caption="The most frequent pairs",
        numeric_from=2,
    )
    body = confusion_figure(counts, outcome.space.names) + table
    return Section(heading="Taken for another", body=body)
