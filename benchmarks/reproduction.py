"""Take what `clmil reproduce` found into results/, and make docs/reproduction.md from it.

    python -m benchmarks.reproduction FOLDER    # take, and make the page
    python -m benchmarks.reproduction           # make the page

FOLDER is the `--output` of the command. Of each trained system its JSON file is kept; arrays and
models are not.
"""

import json
import shutil
import sys
from pathlib import Path

from clmil.experiments.report import from_json, text_report
from clmil.storage.atomic import write_json

ROOT = Path(__file__).parents[1]
KEPT, PAGE = ROOT / "results" / "reproduction", ROOT / "docs" / "reproduction.md"
FIGURES = "images/reproduction/"


def take(folder: Path) -> None:
    """Copy findings, cells and figures of a reproduction into the repository."""
    findings = json.loads((folder / "findings.json").read_text(encoding="utf-8"))
    shutil.rmtree(KEPT, ignore_errors=True)
    (KEPT / "cells").mkdir(parents=True)
    for cell in sorted((folder / "cells").glob("*.json")):
        values = json.loads(cell.read_text(encoding="utf-8"))
        told = values["cell"]
        told["source"] = Path(told["source"]).name  # where it lay is the machine's own
        write_json(KEPT / "cells" / cell.name, values)
    shutil.copyfile(folder / "findings.json", KEPT / "findings.json")
    drawn = PAGE.parent / FIGURES
    shutil.rmtree(drawn, ignore_errors=True)
    drawn.mkdir(parents=True)
    for figure in findings["figures"]:
        for name in figure["files"]:
            shutil.copyfile(folder / name, drawn / name)


def page() -> str:
    """Return the page that the kept findings make."""
    values = json.loads((KEPT / "findings.json").read_text(encoding="utf-8"))
    return text_report(from_json(values), command=values["command"], figures=FIGURES)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        take(Path(sys.argv[1]))
    PAGE.write_text(page(), encoding="utf-8")
