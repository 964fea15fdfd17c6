"""Put the figures of results/review-reuters.json between the marks of docs/review.md.

python benchmarks/review_table.py
"""

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGE, REPORT = ROOT / "docs" / "review.md", ROOT / "results" / "review-reuters.json"
DRAWN = {
    "uniform": "drawn evenly from all other labels",
    "frequency": "drawn as often as labels occur",
}


def table(report: dict[str, Any]) -> str:
    """Return the block between the marks."""
    share = f"{100 * report['share']:.0f} %"
    return "\n".join(
        [
            "<!-- review -->",
            f"In {share} of the {report['documents']:,} training documents of {report['data']} "
            f"({report['labels']} labels) one label was replaced by another one. So many of them "
            f"stand in the {share} ranked first:",
            "",
            "| the new label is | linear | embeddings | both |",
            "|---|---:|---:|---:|",
            *(_found(row) for row in report["found"]),
            "",
            "A label that is drawn evenly is mostly a rare one that does not fit at all, which is "
            "the easier kind of error. The data's own errors take places too.",
            "",
            f"The way of ranking was chosen with other swaps (seed {report['choice_seed']}, drawn "
            f"evenly; above: seed {report['seed']}). There the ways found, a normalised margin "
            f"{_margin(report['tried'])} self-confidence:",
            "",
            "| scores | calibrated | less what is usual for the label | worst cell | average, 0.95 "
            "| average, 0.8 (cleanlab's own) |",
            "|---|---|---|---:|---:|---:|",
            *_ways(report["tried"]),
            "<!-- /review -->",
        ]
    )


def filled(page: str, report: dict[str, Any]) -> str:
    """Return the page with the tables between its marks."""
    return re.sub(
        r"<!-- review -->.*<!-- /review -->", lambda _: table(report), page, flags=re.DOTALL
    )


def _found(row: dict[str, Any]) -> str:
    cells = [_percent(row["found"][kind]) for kind in ("linear", "embeddings", "both")]
    return _row([DRAWN[row["drawn"]], *cells])


def _margin(ways: list[dict[str, Any]]) -> str:
    """Say how a normalised margin compares, each other setting being the same."""
    found: dict[str, list[float]] = {"self_confidence": [], "normalized_margin": []}
    for way in ways:
        found[way["method"]].append(way["found"])
    same = found["self_confidence"] == found["normalized_margin"]
    return "exactly as many as" if same else "not always as many as"


def _ways(ways: list[dict[str, Any]]) -> list[str]:
    """Return a row of every kind of scores, ranked by self-confidence."""
    rows: dict[tuple[Any, ...], dict[float, float]] = {}
    for way in ways:
        if way["method"] == "self_confidence":
            key = way["scores"], way["calibrated"], way["adjusted"]
            rows.setdefault(key, {})[way["forgetting"]] = way["found"]
    return [
        _row(
            [
                scores,
                "yes" if calibrated else "no",
                "yes" if adjusted else "no",
                *(_percent(found[forgetting]) for forgetting in (1.0, 0.95, 0.8)),
            ]
        )
        for (scores, calibrated, adjusted), found in rows.items()
    ]


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    found = json.loads(REPORT.read_text(encoding="utf-8"))
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), found), encoding="utf-8")
