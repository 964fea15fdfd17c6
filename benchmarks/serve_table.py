"""Put the figures of results/serve.json into docs/serving.md.

python benchmarks/serve_table.py
"""

import json
import re
from pathlib import Path
from typing import Any

from clmil.storage.atomic import write_text

ROOT = Path(__file__).parents[1]
PAGE, REPORT = ROOT / "docs" / "serving.md", ROOT / "results" / "serve.json"


def block(report: dict[str, Any]) -> str:
    """Return what stands between the marks."""
    answers = ", ".join(f"{count:,} times {status}" for status, count in report["answers"].items())
    late, memory = report["latency_seconds"], report["memory_mib"]
    rows = {
        "clients": f"{report['clients']}, on {report['cores']} cores, which they share with it",
        "requests": f"{report['requests']:,}, answered {answers}; {report['lost']} lost",
        "documents a second": f"{report['documents_per_second']:.1f}",
        "offline": f"{report['offline_documents_per_second']:.1f}; the server reaches "
        f"{100 * report['share_of_offline']:.0f} % of it",
        "latency": f"median {late['p50']:.2f} s, 99th percentile {late['p99']:.2f} s",
        "memory at most": f"{memory['largest_after_10_s']:,.0f} MiB from the tenth second on, "
        f"{memory['largest_in_second_half']:,.0f} MiB in the second half",
    }
    told = [f"| {name} | {value} |" for name, value in rows.items()]
    head = f"| {report['model']}, {report['precision']} | |"
    return "\n".join(["<!-- serve -->", head, "|---|---|", *told, "<!-- /serve -->"])


def filled(page: str, report: dict[str, Any]) -> str:
    """Return the page with the block made from the report."""
    mark = re.compile("<!-- serve -->.*<!-- /serve -->", re.DOTALL)
    return mark.sub(lambda _: block(report), page)


if __name__ == "__main__":
    given = json.loads(REPORT.read_text(encoding="utf-8"))
    write_text(PAGE, filled(PAGE.read_text(encoding="utf-8"), given))
