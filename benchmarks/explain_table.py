"""Put the figures of results/explain-reuters.json between the marks of docs/explain.md.

python benchmarks/explain_table.py
"""

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def table(report: dict[str, Any]) -> str:
    """Return the block between the marks."""
    lines = [
        f"{report['documents']:,} documents of the test part of {report['data']}, "
        f"{report['words_removed']} words each, {report['precision']}, "
        f"{report['threads']} thread(s). In brackets stand 95 % intervals over resampled "
        "documents.",
        "",
        "| scores | fall when removed | of the reference's | fall when masked | CPU seconds "
        "| of the reference's |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    lines += [_row(name, way) for name, way in report["ways"].items()]
    return "\n".join(["<!-- explain -->", *lines, "<!-- /explain -->"])


def filled(page: str, report: dict[str, Any]) -> str:
    """Return the page with the table between its marks."""
    return re.sub(
        r"<!-- explain -->.*<!-- /explain -->", lambda _: table(report), page, flags=re.DOTALL
    )


def _row(name: str, way: dict[str, Any]) -> str:
    ends = way["removed_of_reference_95"]
    cells = [
        name,
        f"{way['removed']:.3f}",
        f"{100 * way['removed_of_reference']:.0f} % "
        f"({100 * ends['low']:.0f} to {100 * ends['high']:.0f})",
        f"{way['masked']:.3f}",
        f"{way['cpu_seconds']:.2f}",
        f"{100 * way['cpu_seconds_of_reference']:.1f} %",
    ]
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    page = ROOT / "docs" / "explain.md"
    found = json.loads((ROOT / "results" / "explain-reuters.json").read_text(encoding="utf-8"))
    page.write_text(filled(page.read_text(encoding="utf-8"), found), encoding="utf-8")
