"""Cells spread over the machines of a Ray cluster, which share the output folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from clmil.errors import ClmilError, MissingExtraError
from clmil.experiments.cells import Cell
from clmil.experiments.plan import PlanListener, RunCell, SilentPlan, perform, unfinished


def run_spread(
    cells: Sequence[Cell],
    folder: Path,
    run_cell: RunCell,
    listener: PlanListener | None = None,
    *,
    cpus: int = 2,
    gpus: float | None = None,
) -> dict[str, str]:
    """Run the cells that are not finished, as many at once as the cluster has room for.

    The cluster is the one that RAY_ADDRESS names, or this machine. A cell of a machine that is
    lost is run again elsewhere; finished cells are never run again.

    Args:
        cells: as `run_plan` takes them.
        folder: on a file system that all machines share, under the same path.
        run_cell: does the work; it is sent to the machines.
        listener: told what happens.
        cpus: that a cell gets.
        gpus: that a cell gets; None: one, where the cluster has any.

    Returns:
        Key to reason, of the cells that failed.

    Raises:
        MissingExtraError: if Ray is not installed.
    """
    ray = _ray()
    told = listener or SilentPlan()
    left = unfinished(cells, folder)
    ray.init(ignore_reinit_error=True, log_to_driver=False)
    if gpus is None:
        gpus = 1 if ray.cluster_resources().get("GPU") else 0
    work = ray.remote(num_cpus=cpus, num_gpus=gpus, max_retries=3)(_work)
    pending: dict[Any, Cell] = {}
    for number, cell in enumerate(left, start=1):
        pending[work.remote(cell, folder.absolute(), run_cell)] = cell
        told.started(cell, number, len(left))
    failures: dict[str, str] = {}
    while pending:
        (ready,), _ = ray.wait(list(pending), num_returns=1)
        cell = pending.pop(ready)
        seconds, failure = _outcome(ray, ready)
        if failure:
            failures[cell.key] = failure
            told.failed(cell, failure)
        else:
            told.finished(cell, seconds)
    return failures


def _work(cell: Cell, folder: Path, run_cell: RunCell) -> tuple[float, str]:
    try:
        return perform(cell, folder, run_cell), ""
    except ClmilError as error:
        return 0.0, str(error)


def _outcome(ray: Any, ready: Any) -> tuple[float, str]:
    """Return the seconds of a cell, or why it failed."""
    try:
        seconds, failure = ray.get(ready)
    except ray.exceptions.RayError as error:
        return 0.0, f"the machine of the cell was lost ({type(error).__name__})."
    return float(seconds), str(failure)


def _ray() -> Any:
    try:
        import ray  # type: ignore[import-not-found, unused-ignore]
    except ModuleNotFoundError:
        raise MissingExtraError(
            "spreading cells over machines needs Ray, which is not installed; "
            "get it with `pip install 'clmil[ray]'`, or leave --engine out."
        ) from None
    return ray
