"""Tables for the terminal. Precision, recall and F1 are shown in per cent."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from rich import box
from rich.table import Table

from clmil.decisions.metrics import GroupScore, LabelScore, Scores

METRICS = {
    "micro_f1": "micro-F1",
    "micro_precision": "micro precision",
    "micro_recall": "micro recall",
    "macro_f1": "macro-F1",
    "macro_precision": "macro precision",
    "macro_recall": "macro recall",
    "samples_f1": "samples F1",
    "samples_precision": "samples precision",
    "samples_recall": "samples recall",
    "subset_accuracy": "subset accuracy",
    "hamming_loss": "Hamming loss",
}
"""Keys of `Scores.to_json` and their names, in the order of the rows."""

RANKING = {
    "label_ranking_average_precision": "label ranking average precision",
    "macro_average_precision": "macro average precision",
    "precision_at_1": "precision among the first 1",
    "precision_at_3": "precision among the first 3",
    "precision_at_5": "precision among the first 5",
    "one_error": "one-error",
    "coverage_error": "coverage error (labels)",
}
"""Keys of `RankingScores.to_json` and their names."""

CALIBRATION = {
    "classwise": "calibration error, class-wise",
    "adaptive": "calibration error, adaptive",
    "adaptive_above": "calibration error, cells above 0.01",
    "chance_above": "the same by chance alone",
}
"""Fields of `CalibrationError` and their names."""

RATIOS = ("hamming_loss", "coverage_error", *CALIBRATION)
"""Scores that are shown as they are, not in per cent."""

LEAST_SHOWN = 3
"""Labels shown of a text, even where fewer are predicted."""


def scores_table(
    columns: Mapping[str, Mapping[str, Any]],
    title: str | None = None,
    *,
    intervals: Mapping[str, Mapping[str, Any]] | None = None,
) -> Table:
    """Return overall scores, one column a system or part; scores that one of them lacks are out.

    Args:
        columns: heading to the values of `Scores.to_json`.
        title: above the table.
        intervals: `low` and `high` by key, of the first column.
    """
    headings = ["score", *columns, *(["95 % interval"] if intervals else [])]
    return plain_table(headings, score_rows(columns, intervals), title=title)


def score_rows(
    columns: Mapping[str, Mapping[str, Any]],
    intervals: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[list[str]]:
    """Return the rows of `scores_table`."""
    rows = []
    for key, name in METRICS.items():
        if all(key in scores for scores in columns.values()):
            row = [name, *(shown_as(key)(scores[key]) for scores in columns.values())]
            rows.append(row + ([interval_text(key, intervals.get(key))] if intervals else []))
    if all("documents" in scores for scores in columns.values()):
        row = ["documents", *(f"{scores['documents']:,}" for scores in columns.values())]
        rows.append(row + [""] * bool(intervals))
    return rows


def ranking_rows(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return names and values of what needs no threshold, from `full_report`."""
    ranking, errors = report["ranking"], report["calibration_error"]["calibrated"]
    rows = [(name, shown_as(key)(ranking[key])) for key, name in RANKING.items()]
    return rows + [(name, shown_as(key)(errors[key])) for key, name in CALIBRATION.items()]


def shown_as(key: str) -> Callable[[float], str]:
    """Return how a score is shown: in per cent, or as it is."""
    return _ratio if key in RATIOS else _percent


def interval_text(key: str, ends: Mapping[str, Any] | None) -> str:
    """Return an interval in words, empty where there is none."""
    if not ends:
        return ""
    shown = shown_as(key)
    return f"{shown(ends['low'])} to {shown(ends['high'])}"


def plain_table(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    title: str | None = None,
    *,
    wordy: int = 1,
) -> Table:
    """Return a table whose first columns are set to the left, all others to the right.

    Args:
        headings: one a column.
        rows: one cell a column.
        title: above the table.
        wordy: how many columns are set to the left.
    """
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for column, heading in enumerate(headings):
        table.add_column(heading, justify="left" if column < wordy else "right")
    for row in rows:
        table.add_row(*row)
    return table


def group_table(scores: Scores) -> Table:
    """Return micro scores of head, mid and tail labels; empty groups are left out."""
    headings = ("label group", "labels", "support", "precision", "recall", "F1")
    groups = scores.per_group.items()
    rows = [(name, str(group.labels), *_row(group)) for name, group in groups if group.labels]
    return plain_table(headings, rows)


LENGTHS = ("words of a text", "documents", "precision", "recall", "F1")
"""Headings of `length_rows`."""


def length_rows(report: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return micro scores by the length of texts, from `full_report`; none of a single length."""
    found = report["per_length"]
    return [
        (
            " to ".join(f"{end:,}" for end in one["words"]),
            f"{one['documents']:,}",
            *(_percent(one[key]) for key in ("precision", "recall", "f1")),
        )
        for one in (found if len(found) > 1 else ())
    ]


def label_table(scores: Scores) -> Table:
    """Return the scores of each label, in the order of the model's columns."""
    headings = ("label", "support", "precision", "recall", "F1")
    return plain_table(headings, [(label.name, *_row(label)) for label in scores.per_label])


def probability_table(
    names: Sequence[str], probabilities: Sequence[float], decided: Sequence[Any]
) -> Table:
    """Return the labels of one text, most probable first: the predicted ones and the runners-up.

    Args:
        names: (l,) label names.
        probabilities: (l,) in [0, 1].
        decided: (l,) true for the predicted labels.
    """
    ranked = sorted(zip(names, probabilities, decided, strict=True), key=lambda row: -row[1])
    rows = [
        (name, f"{probability:.3f}", "yes" if predicted else "")
        for rank, (name, probability, predicted) in enumerate(ranked)
        if predicted or rank < LEAST_SHOWN
    ]
    return plain_table(("label", "probability", "predicted"), rows)


def systems_table(rows: Iterable[tuple[str, str, str, str]]) -> Table:
    """Return names, summaries, papers and recipes of systems."""
    return plain_table(("system", "what it is", "paper", "recipes"), rows, wordy=4)


def _row(scored: LabelScore | GroupScore) -> tuple[str, ...]:
    ratios = (scored.precision, scored.recall, scored.f1)
    return (f"{scored.support:,}", *(_percent(ratio) for ratio in ratios))


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"


def _ratio(value: float) -> str:
    return f"{value:.4f}"
