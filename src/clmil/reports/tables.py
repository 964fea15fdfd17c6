"""Tables for the terminal. Precision, recall and F1 are shown in per cent."""

from collections.abc import Iterable, Mapping, Sequence
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
    "subset_accuracy": "subset accuracy",
    "hamming_loss": "Hamming loss",
}
"""Keys of `Scores.to_json` and their names, in the order of the rows."""

LEAST_SHOWN = 3
"""Labels shown of a text, even where fewer are predicted."""


def scores_table(columns: Mapping[str, Mapping[str, Any]], title: str | None = None) -> Table:
    """Return overall scores, one column a system or part.

    Args:
        columns: heading to the values of `Scores.to_json`.
        title: above the table.
    """
    table = _table("score", *columns, title=title)
    for key, name in METRICS.items():
        shown = _ratio if key == "hamming_loss" else _percent
        table.add_row(name, *(shown(scores[key]) for scores in columns.values()))
    if all("documents" in scores for scores in columns.values()):
        table.add_row("documents", *(f"{scores['documents']:,}" for scores in columns.values()))
    return table


def group_table(scores: Scores) -> Table:
    """Return micro scores of head, mid and tail labels; empty groups are left out."""
    table = _table("label group", "labels", "support", "precision", "recall", "F1")
    for name, group in scores.per_group.items():
        if group.labels:
            table.add_row(name, str(group.labels), *_row(group))
    return table


def label_table(scores: Scores) -> Table:
    """Return the scores of each label, in the order of the model's columns."""
    table = _table("label", "support", "precision", "recall", "F1")
    for label in scores.per_label:
        table.add_row(label.name, *_row(label))
    return table


def probability_table(
    names: Sequence[str], probabilities: Sequence[float], threshold: float
) -> Table:
    """Return the labels of one text, most probable first: the predicted ones and the runners-up.

    Args:
        names: (l,) label names.
        probabilities: (l,) in [0, 1].
        threshold: a label is predicted when its probability is greater.
    """
    table = _table("label", "probability", "predicted")
    ranked = sorted(zip(names, probabilities, strict=True), key=lambda pair: -pair[1])
    for rank, (name, probability) in enumerate(ranked):
        predicted = probability > threshold
        if predicted or rank < LEAST_SHOWN:
            table.add_row(name, f"{probability:.3f}", "yes" if predicted else "")
    return table


def systems_table(rows: Iterable[tuple[str, str, str]]) -> Table:
    """Return names, summaries and papers of systems."""
    table = Table("system", "what it is", "paper", box=box.SIMPLE_HEAD)
    for row in rows:
        table.add_row(*row)
    return table


def _table(first: str, *others: str, title: str | None = None) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column(first)
    for heading in others:
        table.add_column(heading, justify="right")
    return table


def _row(scored: LabelScore | GroupScore) -> tuple[str, ...]:
    ratios = (scored.precision, scored.recall, scored.f1)
    return (f"{scored.support:,}", *(_percent(ratio) for ratio in ratios))


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"


def _ratio(value: float) -> str:
    return f"{value:.4f}"
