"""The table of a promise: what was promised, and what labelled texts say of it."""

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.table import Table

from clmil.decisions.kept import Kept


def promise_table(chosen: Mapping[str, Any], measured: Mapping[str, Kept]) -> Table:
    """Return a row for each set of texts, in per cent but for counts.

    Args:
        chosen: what the rule says of itself.
        measured: by what the texts are.
    """
    promised = chosen.get("guarantee")
    missed = "missed" if promised is None else f"missed (at most {100 * promised['missed']:g})"
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("texts")
    headings = ("number", missed, "micro-P", "micro-F1", "labels a text", "for a person")
    for heading in (*headings, "wrong labels a text", "of the rest", "F1 of the rest"):
        table.add_column(heading, justify="right")
    for name, kept in measured.items():
        table.add_row(
            name,
            f"{kept.documents:,}",
            *(f"{100 * value:.1f}" for value in (kept.missed, kept.precision, kept.f1)),
            f"{kept.labels:.2f}",
            f"{100 * kept.referred:.1f}",
            f"{kept.wrong:.3f}",
            "–" if kept.wrong_rest is None else f"{kept.wrong_rest:.3f}",
            "–" if kept.f1_rest is None else f"{100 * kept.f1_rest:.1f}",
        )
    return table
