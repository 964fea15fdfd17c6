"""Running cells: finished ones never again, an interrupted plan goes on where it was."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from clmil.errors import ClmilError, DataError
from clmil.experiments.cells import Cell, CellResult
from clmil.storage.atomic import explained, write_json
from clmil.systems.encoder_recipe import EncoderRecipe
from clmil.systems.recipe import recipe_model
from clmil.systems.registry import SYSTEMS

CELLS, RUNS = "cells", "runs"
"""Folders of an output: finished cells; models in the making."""

STATED_RATE = 12.0
"""Training documents a second that an estimate assumes before any cell has been timed."""

RunCell = Callable[[Cell, Path], CellResult]
"""Trains and scores a cell in a folder of its own, which may hold an interrupted run of it."""


class PlanListener(Protocol):
    """Told what happens; ignores what a subclass does not tell."""

    def started(self, cell: Cell, number: int, total: int) -> None:
        """Begin a cell, the `number`-th of `total` that are left."""
        return

    def finished(self, cell: Cell, seconds: float) -> None:
        """End a cell."""
        return

    def failed(self, cell: Cell, sentence: str) -> None:
        """Give a cell up; the plan goes on with the next."""
        return


class SilentPlan(PlanListener):
    """A listener that tells nothing."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """How long a cell may take.

    Attributes:
        seconds: about; 0 for a finished cell.
        basis: `finished`, `same system`, `like systems`, `all cells` or `stated rate`.
    """

    seconds: float
    basis: str


def run_plan(
    cells: Sequence[Cell], folder: Path, run_cell: RunCell, listener: PlanListener | None = None
) -> dict[str, str]:
    """Run the cells that are not finished, one after the other.

    Args:
        cells: in their order; a cell that comes again is run once.
        folder: gets `cells/KEY.json` and `cells/KEY.npz` of each finished cell.
        run_cell: does the work.
        listener: told what happens.

    Returns:
        Key to reason, of the cells that failed.

    Raises:
        ModelError: if the folder cannot be written.
    """
    told = listener or SilentPlan()
    left = unfinished(cells, folder)
    failures: dict[str, str] = {}
    for number, cell in enumerate(left, start=1):
        told.started(cell, number, len(left))
        try:
            told.finished(cell, perform(cell, folder, run_cell))
        except ClmilError as error:
            failures[cell.key] = str(error)
            told.failed(cell, str(error))
    return failures


def perform(cell: Cell, folder: Path, run_cell: RunCell) -> float:
    """Run one cell and write its files, the JSON last: it says that the cell is finished.

    Returns:
        The seconds that it took.
    """
    began = time.monotonic()
    result = run_cell(cell, folder / RUNS / cell.key)
    seconds = time.monotonic() - began
    place = folder / CELLS
    with explained(place):
        place.mkdir(parents=True, exist_ok=True)
        writing = place / f".{cell.key}.writing.npz"
        np.savez_compressed(writing, **result.arrays)  # type: ignore[arg-type]
        writing.replace(arrays_path(folder, cell.key))
    values = {"cell": cell.to_json(), "seconds": round(seconds, 2), "results": result.values}
    write_json(place / f"{cell.key}.json", values)
    return seconds


def arrays_path(folder: Path, key: str) -> Path:
    """Return the file of a finished cell's arrays."""
    return folder / CELLS / f"{key}.npz"


def unfinished(cells: Sequence[Cell], folder: Path) -> list[Cell]:
    """Return the cells that have no JSON file yet, each once."""
    once = {cell.key: cell for cell in cells}
    return [cell for key, cell in once.items() if not (folder / CELLS / f"{key}.json").is_file()]


def read_finished(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the JSON of every finished cell by key.

    Raises:
        DataError: if one is damaged.
    """
    found: dict[str, dict[str, Any]] = {}
    for path in sorted((folder / CELLS).glob("*.json")):
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            found[values["cell"]["key"]] = values
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise DataError(
                f"{path} is damaged ({error}); delete it to run the cell again."
            ) from error
    return found


def estimate(cell: Cell, done: Mapping[str, Mapping[str, Any]]) -> Estimate:
    """Estimate from the seconds of finished cells; without any, from a stated rate.

    Args:
        cell: of the plan.
        done: as `read_finished` gives them.
    """
    if cell.key in done:
        return Estimate(seconds=0.0, basis="finished")
    systems = [values["cell"]["system"] for values in done.values()]
    kinds = {system: _kind(system) for system in {cell.system, *systems}}
    same = [system == cell.system for system in systems]
    like = [kinds[system] == kinds[cell.system] for system in systems]
    groups = ((same, "same system"), (like, "like systems"), ([True] * len(done), "all cells"))
    for among, basis in groups:
        chosen = list(compress(done.values(), among))
        work = sum(float(values["cell"]["work"]) for values in chosen)
        seconds = sum(float(values["seconds"]) for values in chosen)
        if chosen and work and cell.work:
            return Estimate(seconds=seconds * cell.work / work, basis=basis)
    return Estimate(seconds=cell.work / STATED_RATE, basis="stated rate")


def _kind(system: str) -> str:
    """Return what systems share that take about as long: an encoder, or their family."""
    if system not in SYSTEMS:  # a cell of another version
        return system
    encoder = issubclass(recipe_model(system), EncoderRecipe)
    return "encoder" if encoder else SYSTEMS[system].family
