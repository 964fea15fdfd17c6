"""Put micro-F1 by the length of texts into results/by-length-NAME.json and docs/training.md.

python -m benchmarks.by_length CORPUS results/reproduction/cells/CELL.npz ...

The cells are finished ones of `clmil reproduce` on that corpus; decisions are those at 0.5.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.trials import RESULTS, ROOT, of_corpora, row
from clmil.data.corpus import read_documents
from clmil.reports.by_length import scores_by_length
from clmil.storage.atomic import read_json, write_json, write_text

PAGE = ROOT / "docs" / "training.md"


def lengths(corpus: str, cells: list[Path]) -> dict[str, Any]:
    """Return for each system of the cells what `scores_by_length` says of its decisions."""
    documents, _ = read_documents(corpus, part="test")
    found = {}
    for cell in cells:
        kept = np.load(cell)
        system = read_json(cell.with_suffix(".json"))["cell"]["system"]
        found[system] = scores_by_length(documents["text"], kept["targets"], kept["decided"])
    return found


def table(name: str, report: Mapping[str, Any]) -> str:
    """Return a column for each quarter of the texts, a line for each system."""
    parts = next(iter(report.values()))
    heads = [f"{low:,} to {high:,} words" for low, high in (part["words"] for part in parts)]
    lines = [f"**{name}**", "", row(["system", *heads]), row(["---", *["---:"] * len(heads)])]
    lines += [
        row([system, *(f"{100 * part['f1']:.1f}" for part in own)])
        for system, own in report.items()
    ]
    return "\n".join(lines)


def filled(page: str) -> str:
    """Return the page with the tables of all results between their marks."""
    return of_corpora(page, "by-length", table, "lengths")


def main() -> None:
    """Read corpus and cells, write report and page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus")
    parser.add_argument("cells", type=Path, nargs="+")
    given = parser.parse_args()
    report = lengths(given.corpus, given.cells)
    write_json(RESULTS / f"by-length-{Path(given.corpus).name}.json", report)
    write_text(PAGE, filled(PAGE.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
