"""Cells on a real Ray cluster of this machine; `test_plan.py` has the rest."""

import numpy as np
import pytest

from clmil.errors import TrainingError
from clmil.experiments.cells import CellResult, make_cell
from clmil.experiments.plan import read_finished
from clmil.experiments.spread import run_spread
from clmil.experiments.variants import CL_MIL, DIL
from tests.experiments.fakes import CORPUS, SETTINGS

CELLS = [make_cell(CORPUS, variant, SETTINGS, seed) for variant in (DIL, CL_MIL) for seed in (1, 2)]


def maker():
    """Return a function that Ray sends to its workers by value, as they may not have `tests`."""

    def run_cell(cell, folder):
        if cell.seed == 2 and cell.system == "cl-mil":
            raise TrainingError("the loss is not finite.")
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "ran").open("a") as stream:
            stream.write("once\n")
        return CellResult(values={"seed": cell.seed}, arrays={"a": np.arange(3)})

    return run_cell


@pytest.mark.slow
def test_every_cell_is_run_once_and_a_failure_told(tmp_path, monkeypatch):
    ray = pytest.importorskip("ray")
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    try:
        for _ in range(2):  # the second time only what failed is run again
            failures = run_spread(CELLS, tmp_path, maker(), cpus=1)
            assert failures == {CELLS[3].key: "the loss is not finite."}
    finally:
        ray.shutdown()
    assert set(read_finished(tmp_path)) == {cell.key for cell in CELLS[:3]}
    ran = {path.parent.name: path.read_text() for path in (tmp_path / "runs").glob("*/ran")}
    assert ran == {cell.key: "once\n" for cell in CELLS[:3]}
