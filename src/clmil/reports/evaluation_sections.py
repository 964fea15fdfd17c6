"""The sections of an evaluation's page that are tables: scores, comparisons, labels."""

from collections.abc import Mapping
from typing import Any

from clmil.reports.comparison import HEADERS, comparison_rows, label_differences
from clmil.reports.evaluation import Evaluation
from clmil.reports.evaluation_figures import frequency_figure
from clmil.reports.page import Section, table_html
from clmil.reports.tables import (
    LENGTHS,
    interval_text,
    length_rows,
    ranking_rows,
    score_rows,
    shown_as,
)

MOST_ROWS = 1000
"""Labels that the page shows."""


def facts_of(report: Mapping[str, Any]) -> dict[str, str]:
    """Return the tiles on top of the page, from `full_report`."""
    scores, ends = report["scores"], report["intervals"]
    names = {"micro_f1": "micro-F1", "macro_f1": "macro-F1", "hamming_loss": "Hamming loss"}
    told = {
        name: f"{shown_as(key)(scores[key])} ({interval_text(key, ends[key])})"
        for key, name in names.items()
    }
    counts = {
        "documents": f"{report['documents']:,}",
        "labels": f"{len(report['per_label']):,}",
        "part": str(report["part"]),
    }
    return counts | told


def scores_section(evaluation: Evaluation, report: Mapping[str, Any]) -> Section:
    """Return overall scores, groups, and scores that need no threshold."""
    columns, ends = evaluation.columns("own thresholds"), report["intervals"]
    groups = [
        (name, f"{one['labels']:,}", f"{one['support']:,}", *_percents(one))
        for name, one in report["per_group"].items()
        if one["labels"]
    ]
    overall = table_html(
        ("score", *columns, "95 % interval"), score_rows(columns, ends), caption="Overall scores"
    )
    by_group = table_html(
        ("label group", "labels", "support", "precision", "recall", "F1"),
        groups,
        caption="Micro scores by training frequency",
    )
    lengths = length_rows(report)
    by_length = table_html(LENGTHS, lengths, caption="Micro scores by length") if lengths else ""
    order = table_html(
        ("score", "value"), ranking_rows(report), caption="Scores that need no threshold"
    )
    lead = (
        f"In per cent but for losses and errors. Intervals from {ends['resamples']:,} resamples "
        "of the documents."
    )
    return Section(heading="Scores", lead=lead, body=overall + by_group + by_length + order)


def comparison_section(one: Mapping[str, Any], scores: Mapping[str, Any]) -> Section:
    """Return one element of `compare`, with the scores of the first model beside it."""
    table = table_html(
        HEADERS,
        comparison_rows(dict(one), dict(scores)),
        caption="Differences on the same draws; wins: share of draws in which this model is better",
    )
    rows = [
        (
            row["name"],
            *(f"{100 * row[key]:.1f}" for key in ("f1", "other_f1")),
            f"{100 * row['difference']['value']:+.1f}",
            interval_text("f1", row["difference"]),
        )
        for row in label_differences(dict(one))
    ]
    headers = ("label", "F1, this model", "F1, other", "difference", "95 % interval")
    labels = table_html(headers, rows, caption="Labels that differ most") if rows else ""
    return Section(heading=f"Compared with {one['model']}", body=table + labels)


def labels_section(report: Mapping[str, Any]) -> Section:
    """Return F1 over training frequency and a row a label."""
    rows = [
        (
            row["name"],
            row["group"],
            f"{row['train_documents']:,}",
            f"{row['support']:,}",
            "" if row["threshold"] is None else f"{row['threshold']:.2f}",
            *_percents(row),
            interval_text("f1", row["f1_interval"]),
            f"{100 * row['f1_at_half']:.1f}",
            "" if row["average_precision"] is None else f"{100 * row['average_precision']:.1f}",
        )
        for row in report["per_label"][:MOST_ROWS]
    ]
    table = table_html(
        (
            *("label", "group", "trained on", "support", "threshold", "precision", "recall", "F1"),
            *("95 % interval", "F1 at 0.5", "AP"),
        ),
        rows,
        caption="Labels, the most frequent in training first; AP: average precision",
        numeric_from=2,
    )
    return Section(heading="Labels", body=frequency_figure(report["per_label"]) + table)


def _percents(one: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(f"{100 * one[key]:.1f}" for key in ("precision", "recall", "f1"))
