"""Measure `clmil inspect` on a million made-up documents, and say so in docs/inspect.md.

    python benchmarks/inspect_scale.py --documents 1000000

The documents are written to a temporary folder: short texts with 1 to 4 of 100 labels, one in
fifty a repetition, and a test part of which one text in a hundred also stands in train.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from clmil.storage.atomic import read_json, write_json, write_text

ROOT = Path(__file__).parents[1]
REPORT = ROOT / "results" / "inspect-scale.json"
PAGE = ROOT / "docs" / "inspect.md"
LABELS, WORDS, SEED = 100, 20_000, 0
REPEATED, LEAKED = 0.02, 0.01


def main() -> None:
    """Parse the command line, measure, write the report and the sentence of the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=1_000_000)
    with tempfile.TemporaryDirectory() as folder:
        write_json(REPORT, measure(Path(folder), parser.parse_args().documents))
    told = page(PAGE.read_text(encoding="utf-8"), read_json(REPORT))
    write_text(PAGE, told)


def measure(folder: Path, documents: int) -> dict[str, Any]:
    """Write a corpus, inspect it in a process of its own, and return what that took."""
    write_corpus(folder / "corpus", documents)
    megabytes = sum(file.stat().st_size for file in (folder / "corpus").iterdir()) / 1e6
    report, html = folder / "report.json", folder / "page.html"
    words = ["inspect", folder / "corpus", "--output", report, "--html", html]
    began = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", "clmil", *words], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit("clmil inspect failed")
    found = read_json(report)
    return {
        "documents": documents,
        "labels": len(found["labels"]),
        "corpus_megabytes": round(megabytes),
        "seconds": round(time.monotonic() - began, 1),
        "processor_seconds": round(used.ru_utime + used.ru_stime, 1),
        "peak_megabytes": round(used.ru_maxrss * 1024 / 1e6),
        "repeated": found["parts"]["train"]["duplicates"]["exact"],
        "leaked": found["leakage"]["test"]["documents"],
        "page_kilobytes": round(html.stat().st_size / 1e3),
    }


def write_corpus(folder: Path, documents: int) -> None:
    """Write train.jsonl and a test.jsonl of a hundredth of its size."""
    folder.mkdir()
    rng = random.Random(SEED)
    known: list[str] = []
    for part, number, share in (
        ("train", documents, REPEATED),
        ("test", documents // 100, LEAKED),
    ):
        with (folder / f"{part}.jsonl").open("w", encoding="utf-8") as file:
            file.writelines(_lines(rng, number, known, share))


def _lines(rng: random.Random, number: int, known: list[str], share: float) -> Iterator[str]:
    """Return rows; a `share` of the texts is drawn from the `known` ones, which grow to 10,000."""
    for _ in range(number):
        words = (f"w{int(WORDS ** rng.random())}" for _ in range(rng.randint(5, 40)))
        text = rng.choice(known) if known and rng.random() < share else " ".join(words)
        if len(known) < 10_000:
            known.append(text)
        labels = {f"label {int((LABELS + 1) ** rng.random())}" for _ in range(rng.randint(1, 4))}
        yield json.dumps({"text": text, "labels": sorted(labels)}) + "\n"


def page(text: str, report: dict[str, Any]) -> str:
    """Return the page with the figures of a report between its two marks."""
    sentence = (
        f"{report['documents']:,} short texts with {report['labels']} labels "
        f"({report['corpus_megabytes']:,} MB) took {report['processor_seconds'] / 60:.1f} minutes "
        f"of one processor core and {report['peak_megabytes'] / 1000:.1f} GB of memory at most, "
        "memory-mapped files included (`benchmarks/inspect_scale.py`)."
    )
    block = f"<!-- scale -->\n{textwrap.fill(sentence, 80)}\n<!-- /scale -->"
    return re.sub(r"<!-- scale -->.*<!-- /scale -->", lambda _: block, text, flags=re.DOTALL)


if __name__ == "__main__":
    main()
