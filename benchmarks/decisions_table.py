"""Put the figures of results/decisions-*.json and guarantee-*.json into docs/decisions.md.

python benchmarks/decisions_table.py
"""

import json
import re
from pathlib import Path
from typing import Any

from clmil.storage.atomic import write_text

ROOT = Path(__file__).parents[1]
PAGE, RESULTS = ROOT / "docs" / "decisions.md", ROOT / "results"
RULES = {
    "0.5": "0.5 for every label",
    "macro-f1 global": "one for all, for macro-F1",
    "macro-f1 per-label": "one for each label, for macro-F1",
    "micro-f1 global": "one for all, for micro-F1",
    "micro-f1 per-label": "one for each label, for micro-F1",
}
Reports = dict[str, dict[str, Any]]


def read(kind: str) -> Reports:
    """Return the reports of a kind by what their file name says after it."""
    files = sorted(RESULTS.glob(f"{kind}-*.json"))
    return {
        file.stem.removeprefix(f"{kind}-"): json.loads(file.read_text(encoding="utf-8"))
        for file in files
    }


def filled(page: str, decisions: Reports, guarantees: Reports) -> str:
    """Return the page with every block between marks made from the reports."""
    for name, block in (
        ("thresholds", thresholds(decisions)),
        ("calibration", calibration(decisions)),
        ("promise", promises(guarantees)),
        ("person", people(guarantees)),
    ):
        mark = re.compile(rf"<!-- {name} -->.*?<!-- /{name} -->", re.DOTALL)
        assert mark.search(page), f"docs/decisions.md lacks the mark {name}"
        told = f"<!-- {name} -->\n{block}\n<!-- /{name} -->"
        page = mark.sub(lambda _, told=told: told, page)
    return page


def thresholds(reports: Reports) -> str:
    """Return test scores by model and rule."""
    rows = [_row(["thresholds", *(f"{name} micro-F1 | macro-F1" for name in reports)])]
    rows.append(_row(["---", *["---: | ---:"] * len(reports)]))
    for rule, told in RULES.items():
        found = [report["thresholds"][rule] for report in reports.values()]
        rows.append(
            _row(
                [told, *(f"{_per_cent(f['micro_f1'])} | {_per_cent(f['macro_f1'])}" for f in found)]
            )
        )
    return "\n".join(rows)


def calibration(reports: Reports) -> str:
    """Return calibration errors on test documents by model and kind of calibration."""
    heading = ["model", "calibration", "class-wise", "adaptive", "above 0.01", "of it chance"]
    heading.append("macro-F1")
    rows = [_row(heading), _row(["---", "---", *["---:"] * 5])]
    for name, report in reports.items():
        for kind, found in report["calibration"].items():
            error = found["error"]
            rows.append(
                _row(
                    [
                        name,
                        kind,
                        *(
                            f"{error[key]:.4f}"
                            for key in ("classwise", "adaptive", "adaptive_above", "chance_above")
                        ),
                        _per_cent(found["macro_f1"]),
                    ]
                )
            )
    return "\n".join(rows)


def promises(reports: Reports) -> str:
    """Return how often bounds were kept, and at what price."""
    heading = [
        "model",
        "missed at most",
        "kept, of resamples drawn",
        "halved",
        "missed on average",
        "micro-precision",
        "labels a text",
    ]
    rows = [_row(heading), _row(["---", *["---:"] * (len(heading) - 1)])]
    for name, report in reports.items():
        own = report["own"]
        halved = {row["bound"]: row for row in report["bounds"] if row["way"] == "halved"}
        for row in report["bounds"]:
            if row["way"] == "drawn":
                number = report["resamples"]
                kept = [f"{one['kept']} of {number}" for one in (row, halved[row["bound"]])]
                rows.append(_row([name, f"{100 * row['bound']:g} %", *kept, *_price(row)]))
        rows.append(_row([name, "own thresholds", "–", "–", *_price(own)]))
    return "\n".join(rows)


def people(reports: Reports) -> str:
    """Return what leaving texts to a person does for the others."""
    heading = ["model", "asked for", "for a person", "wrong labels a text", "of the rest"]
    heading += ["micro-F1", "of the rest"]
    rows = [_row(heading), _row(["---", *["---:"] * (len(heading) - 1)])]
    for name, report in reports.items():
        for row in report["shares"]:
            scores = [_per_cent(row["f1"]), _per_cent(row["f1_rest"])]
            shares = [f"{100 * row['share']:g} %", f"{100 * row['referred']:.1f} %"]
            wrong = [f"{row['wrong']:.2f}", f"{row['wrong_rest']:.2f}"]
            rows.append(_row([name, *shares, *wrong, *scores]))
    return "\n".join(rows)


def _price(found: dict[str, Any]) -> list[str]:
    return [
        f"{100 * found['missed']:.1f} %",
        _per_cent(found["precision"]),
        f"{found['labels']:.2f}",
    ]


def _per_cent(value: float) -> str:
    return f"{100 * value:.1f}"


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    page = PAGE.read_text(encoding="utf-8")
    write_text(PAGE, filled(page, read("decisions"), read("guarantee")))
