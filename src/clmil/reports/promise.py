"""The table of a promise: what was promised, and what labelled texts say of it."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from clmil.decisions.kept import Kept
from clmil.reports.tables import plain_table


def promise_table(chosen: Mapping[str, Any], measured: Mapping[str, Kept]) -> Table:
    """Return a column for each set of texts, shares in per cent.

    Args:
        chosen: what the rule says of itself.
        measured: by what the texts are.
    """
    promised = chosen.get("guarantee")
    missed = "missed labels, %"
    if promised is not None:
        missed += f" (at most {100 * promised['missed']:g}, {100 * promised['confidence']:g} sure)"
    kept = list(measured.values())
    rows = (
        ("number", [f"{one.documents:,}" for one in kept]),
        (missed, _per_cent([one.missed for one in kept])),
        ("micro-precision, %", _per_cent([one.precision for one in kept])),
        ("micro-F1, %", _per_cent([one.f1 for one in kept])),
        ("predicted labels a text", [f"{one.labels:.2f}" for one in kept]),
        ("for a person, %", _per_cent([one.referred for one in kept])),
        ("wrong labels a text", [f"{one.wrong:.3f}" for one in kept]),
        ("the same, without a person's", [_number(one.wrong_rest) for one in kept]),
        ("micro-F1, without a person's, %", _per_cent([one.f1_rest for one in kept])),
    )
    return plain_table(("texts", *measured), [(name, *values) for name, values in rows])


def _per_cent(values: list[float] | list[float | None]) -> list[str]:
    return ["–" if value is None else f"{100 * value:.1f}" for value in values]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
