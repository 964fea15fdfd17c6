"""The table of a search's trials."""

from collections.abc import Sequence
from typing import Any

from rich import box
from rich.table import Table

WIDEST = 4
"""Settings that get a column of their own; more are written out in one."""


def trials_table(trials: Sequence[dict[str, Any]], metric: str) -> Table:
    """Return finished trials, the best first.

    Args:
        trials: each with `number`, `state`, `score` (or None) and `settings` by dotted key.
        metric: what the score is.
    """
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("trial", justify="right")
    table.add_column("state")
    table.add_column(metric, justify="right")
    keys = list(trials[0]["settings"]) if trials else []
    for key in keys if len(keys) <= WIDEST else ["settings"]:
        table.add_column(key, overflow="fold")
    for trial in sorted(trials, key=_rank):
        values = [_short(trial["settings"].get(key)) for key in keys]
        if len(keys) > WIDEST:
            values = [", ".join(f"{k}={v}" for k, v in zip(keys, values, strict=True))]
        score = "-" if trial["score"] is None else f"{trial['score']:.4f}"
        table.add_row(str(trial["number"] + 1), trial["state"], score, *values)
    return table


def _rank(trial: dict[str, Any]) -> tuple[bool, float]:
    return trial["state"] != "complete", -(trial["score"] or 0.0)


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
