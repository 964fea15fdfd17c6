"""What a comparison of systems came to: a table, plain values, and one recommendation."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table

from clmil.decisions.bootstrap import METRICS, Draws, difference, resample
from clmil.decisions.metrics import score

if TYPE_CHECKING:
    from clmil.training.contest import Candidate, Contest

SIGNIFICANT = 0.05
"""Below this p, a difference is no chance of which documents validate."""


def contest_report(contest: "Contest", metric: str = "micro_f1") -> dict[str, Any]:
    """Return plain values: the candidates, the best first, and which one to take.

    Candidates that do not differ from the best one beyond chance (paired bootstrap over the
    validation documents) cannot be told apart; of these, that which trains fastest is
    recommended.

    Args:
        contest: from `clmil.training.compare.compare`.
        metric: of `clmil.decisions.bootstrap.METRICS`, by which they are ranked.
    """
    rows = [_row(contest, candidate) for candidate in contest.candidates]
    draws = resample(contest.targets, [candidate.predictions for candidate in contest.candidates])
    sign = METRICS[metric]
    order = sorted(range(len(rows)), key=lambda k: -sign * rows[k][metric])
    best = order[0]
    for k in order:
        rows[k]["behind_best"] = asdict(_between(rows, draws, best, k, metric))
    equal = [k for k in order if k == best or rows[k]["behind_best"]["p_value"] >= SIGNIFICANT]
    chosen = min(equal, key=lambda k: rows[k]["train_seconds"])
    return {
        "metric": metric,
        "documents": int((contest.targets >= 0).any(axis=1).sum()),
        "candidates": [rows[k] for k in order],
        "failures": contest.failures,
        "recommended": rows[chosen]["system"],
        "reasons": _reasons([rows[k] for k in order], rows[chosen], metric),
    }


def contest_table(report: dict[str, Any]) -> Table:
    """Return the candidates as a table, the best first."""
    headings = ("micro-F1", "macro-F1", "Hamming", "behind the best", "p")
    costs = ("train s", "docs/s", "MB")
    table = Table("system", box=box.SIMPLE_HEAD, collapse_padding=True)
    for heading in (*headings, *costs):
        widest = max(map(len, heading.split()))  # a heading is cut between words alone
        table.add_column(heading, justify="right", min_width=widest)
    for rank, row in enumerate(report["candidates"]):
        behind = row["behind_best"]
        size = row["megabytes"]
        table.add_row(
            row["system"],
            f"{100 * row['micro_f1']:.1f}",
            f"{100 * row['macro_f1']:.1f}",
            f"{row['hamming_loss']:.4f}",
            f"{_points(behind['value'], report['metric'])}" if rank else "",
            f"{behind['p_value']:.3f}" if rank else "",
            f"{row['train_seconds']:,.0f}",
            f"{row['documents_per_second']:,.0f}",
            "-" if size is None else f"{size:,.0f}",
        )
    return table


def remarks(report: dict[str, Any]) -> list[str]:
    """Return a sentence for every candidate that had to hurry or failed."""
    said = [f"{system} failed: {error}" for system, error in report["failures"].items()]
    for row in report["candidates"]:
        if row["stopped"]:
            said.append(
                f"{row['system']} was stopped after {row['epochs']:g} epochs, when its time was "
                "up; its best validated weights are kept."
            )
        elif row["shortened"]:
            said.append(
                f"{row['system']} had time for {row['epochs']:g} epochs only, fewer than its "
                "recipe asks for; more --time may lift it."
            )
    return said


def _row(contest: "Contest", candidate: "Candidate") -> dict[str, Any]:
    found = score(contest.targets, candidate.predictions).to_json()
    return {
        "system": candidate.system,
        **{name: found[name] for name in METRICS},
        "train_seconds": candidate.train_seconds,
        "documents_per_second": round(candidate.documents_per_second, 1),
        "megabytes": candidate.megabytes,
        "epochs": candidate.epochs,
        "shortened": candidate.shortened,
        "stopped": candidate.stopped,
        "model": candidate.folder and str(candidate.folder),
    }


def _between(
    rows: list[dict[str, Any]], draws: list[Draws], first: int, second: int, metric: str
) -> Any:
    """Return the paired difference of two candidates, positive where the first is greater."""
    return difference(
        rows[first][metric] - rows[second][metric],
        getattr(draws[first], metric) - getattr(draws[second], metric),
        sign=METRICS[metric],
    )


def _reasons(ranked: list[dict[str, Any]], chosen: dict[str, Any], metric: str) -> list[str]:
    best, others = ranked[0], ranked[1:]
    if not others:
        return [f"{best['system']} is the only one that came to its end."]
    if chosen is not best:
        behind = chosen["behind_best"]
        return [
            f"{best['system']} scores highest, but its lead of "
            f"{_points(behind['value'], metric)} over {chosen['system']} may be chance "
            f"(p = {behind['p_value']:.2f}).",
            f"{chosen['system']} trains in {chosen['train_seconds']:,.0f} s rather than "
            f"{best['train_seconds']:,.0f} s.",
        ]
    behind = others[0]["behind_best"]
    sure = behind["p_value"] < SIGNIFICANT
    why = "which is more than chance" if sure else "which may be chance, but it also trains fastest"
    return [
        f"{best['system']} leads {others[0]['system']} by {_points(behind['value'], metric)} "
        f"(95 % interval {_points(behind['low'], metric)} to {_points(behind['high'], metric)}, "
        f"p = {behind['p_value']:.3f}), {why}."
    ]


def _points(value: float, metric: str) -> str:
    return f"{value:.4f}" if metric == "hamming_loss" else f"{100 * value:.1f}"
