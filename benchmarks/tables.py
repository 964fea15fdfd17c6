"""Make docs/results.md, and the demo's output in README.md, from the JSON files in results/.

    python benchmarks/tables.py

`clmil evaluate --output` and `clmil demo` wrote those files; no figure is typed.
"""

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
HEAD = """# Results

Made by `python benchmarks/tables.py` from the JSON files in `results/`; none of the figures is
typed. Each file is what `clmil evaluate MODEL DATA --output results/NAME.json` wrote, or `clmil
demo` for the made-up sample: it holds the recipe, the seed, all scores and those of every label.
Scores are on the test part, which no part of training has read. The column "thresholds" says where
labels are decided: at one threshold for all, or each at its own, chosen on the validation part;
compare rows by the columns "at 0.5", or where thresholds are of the same kind. In brackets stand
95 % intervals over resampled documents, where the file has them. Each row is one run with one seed;
settings other than the default recipe's stand in its file.
"""
AT_HALF = {"micro-F1": "micro_f1", "macro-F1": "macro_f1"}
COLUMNS = {
    "micro-F1": "micro_f1",
    "micro-P": "micro_precision",
    "micro-R": "micro_recall",
    "macro-F1": "macro_f1",
    "subset accuracy": "subset_accuracy",
}


def page(reports: dict[str, dict[str, Any]]) -> str:
    """Return the page for reports by file name."""
    heading = ["file", "system", "seed", "documents", *(f"{name} at 0.5" for name in AT_HALF)]
    heading += ["thresholds", *COLUMNS, "Hamming loss"]
    lines = [HEAD, _row(heading), _row(["---", "---", *["---:"] * (len(heading) - 2)])]
    for name, report in reports.items():
        lines.append(
            _row(
                [
                    f"[{name}](../results/{name}.json)",
                    report["recipe"]["system"],
                    str(report["seed"]),
                    f"{report['documents']:,}",
                    *(f"{100 * _at_half(report)[key]:.1f}" for key in AT_HALF.values()),
                    *_scores(report),
                ]
            )
        )
    lines += [
        "",
        "## By label frequency",
        "",
        "Micro-F1 of head, mid and tail labels (Table 6), at the thresholds named.",
        "",
    ]
    lines.append(_row(["file", "thresholds", "head", "mid", "tail"]))
    lines.append(_row(["---", *["---:"] * 4]))
    for name, report in reports.items():
        groups = report["per_group"]
        cells = [
            f"{100 * groups[key]['f1']:.1f} ({groups[key]['labels']} labels)"
            if groups[key]["labels"]
            else "no labels"
            for key in ("head", "mid", "tail")
        ]
        lines.append(_row([name, _thresholds(report), *cells]))
    return "\n".join(lines) + "\n"


def _scores(report: dict[str, Any]) -> list[str]:
    """Return the thresholds and the scores of a report, with intervals where it has them."""
    cells = []
    for key in (*COLUMNS.values(), "hamming_loss"):
        factor, places = (1, 4) if key == "hamming_loss" else (100, 1)
        cell = f"{factor * report['scores'][key]:.{places}f}"
        ends = report.get("intervals", {}).get(key)
        if ends:
            low, high = (f"{factor * ends[side]:.{places}f}" for side in ("low", "high"))
            cell += f" ({low} to {high})"
        cells.append(cell)
    return [_thresholds(report), *cells]


def _thresholds(report: dict[str, Any]) -> str:
    return "own" if report["threshold"] is None else f"{report['threshold']:g}"


def _at_half(report: dict[str, Any]) -> dict[str, Any]:
    """Return the scores at the threshold 0.5, of which an older file has no other."""
    found: dict[str, Any] = report["scores"] if report["threshold"] == 0.5 else report["at_half"]
    return found


def read_reports(folder: Path) -> dict[str, dict[str, Any]]:
    """Read all evaluation reports of a folder, by file name."""
    files = sorted(folder.glob("*.json"))
    loaded = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files}
    return {name: report for name, report in loaded.items() if {"scores", "recipe"} <= set(report)}


def tour(readme: str, demo: dict[str, Any]) -> str:
    """Return the README with the demo's output between its two marks."""
    names = {"micro_f1": "micro-F1", "macro_f1": "macro-F1", "hamming_loss": "Hamming loss"}
    lines = [_row(["unseen test part of the sample", "linear", "CL-MIL"]), "|---|---:|---:|"]
    for key, name in names.items():
        ratio = key == "hamming_loss"
        shown = [
            f"{scores[key]:.4f}" if ratio else f"{100 * scores[key]:.1f}"
            for scores in (demo["linear"], demo["scores"])
        ]
        lines.append(_row([name, *shown]))
    lines += ["", _row(["message", "labels"]), "|---|---|"]
    for message in demo["messages"]:
        labels = [
            f"{name} ({message['probabilities'][name]:.2f})" for name in message["predicted_labels"]
        ]
        lines.append(_row([message["text"], ", ".join(labels)]))
    block = "\n".join(["<!-- demo -->", *lines, "<!-- /demo -->"])
    return re.sub(r"<!-- demo -->.*<!-- /demo -->", lambda _: block, readme, flags=re.DOTALL)


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    target = ROOT / "docs" / "results.md"
    reports = read_reports(ROOT / "results")
    target.write_text(page(reports), encoding="utf-8")
    readme = ROOT / "README.md"
    told = tour(readme.read_text(encoding="utf-8"), reports["demo"])
    readme.write_text(told, encoding="utf-8")
