"""Take what `clmil reproduce` found into results/, and make docs/reproduction.md from it.

    python -m benchmarks.reproduction lay FOLDER     # kept cells into FOLDER, to go on from them
    clmil reproduce PART --data DATA --output FOLDER
    python -m benchmarks.reproduction take FOLDER    # what was found, and the page
    python -m benchmarks.reproduction page           # the page alone

Of each trained system its JSON file is kept, and of its arrays what tables, verdicts and figures
need: targets, decisions and points in space. So a plan of many hours can be run in pieces, on one
machine after the other. Probabilities and models are not kept.
"""

import argparse
import json
import shutil
from pathlib import Path

import numpy as np

from clmil.experiments.report import from_json, text_report
from clmil.storage.atomic import write_json

ROOT = Path(__file__).parents[1]
KEPT, PAGE = ROOT / "results" / "reproduction", ROOT / "docs" / "reproduction.md"
FIGURES = "images/reproduction/"
LEFT = ("probabilities", "validation", "validation_targets", "fil", "cil", "sets")
"""Arrays that are too large to keep, and that nothing after the cell needs."""


def lay(folder: Path) -> None:
    """Copy the kept cells into the output folder of a reproduction; those that it has stay."""
    cells = folder / "cells"
    cells.mkdir(parents=True, exist_ok=True)
    for kept in sorted((KEPT / "cells").iterdir(), reverse=True):  # .npz first: JSON says done
        if not (cells / kept.name).exists():
            shutil.copyfile(kept, cells / kept.name)


def take(folder: Path) -> None:
    """Copy findings, cells and figures of a reproduction into the repository."""
    findings = json.loads((folder / "findings.json").read_text(encoding="utf-8"))
    (KEPT / "cells").mkdir(parents=True, exist_ok=True)
    for cell in sorted((folder / "cells").glob("*.json")):
        values = json.loads(cell.read_text(encoding="utf-8"))
        told = values["cell"]
        told["source"] = Path(told["source"]).name  # where it lay is the machine's own
        take_arrays(cell.with_suffix(".npz"))
        write_json(KEPT / "cells" / cell.name, values)
    shutil.copyfile(folder / "findings.json", KEPT / "findings.json")
    drawn = PAGE.parent / FIGURES
    shutil.rmtree(drawn, ignore_errors=True)
    drawn.mkdir(parents=True)
    for figure in findings["figures"]:
        for name in figure["files"]:
            shutil.copyfile(folder / name, drawn / name)


def take_arrays(path: Path) -> None:
    """Copy the arrays of a cell, if it has any, but for those of `LEFT`."""
    if path.is_file():
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files if name not in LEFT}
        np.savez_compressed(KEPT / "cells" / path.name, **arrays)


def page() -> str:
    """Return the page that the kept findings make."""
    values = json.loads((KEPT / "findings.json").read_text(encoding="utf-8"))
    return text_report(from_json(values), command=values["command"], figures=FIGURES)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("lay", "take", "page"))
    parser.add_argument("folder", type=Path, nargs="?")
    given = parser.parse_args()
    if (given.folder is None) != (given.what == "page"):
        parser.error("lay and take need a folder, page takes none")
    if given.what == "lay":
        lay(given.folder)
        return
    if given.what == "take":
        take(given.folder)
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
