import json
from dataclasses import replace

import numpy as np
import pytest

from clmil.errors import DataError, MissingExtraError, TrainingError
from clmil.experiments import spread
from clmil.experiments.cells import Cell, CellResult, make_cell
from clmil.experiments.plan import SilentPlan, estimate, read_finished, run_plan, unfinished
from clmil.experiments.variants import CL_MIL, DIL, DIL_CL
from tests.experiments.fakes import CORPUS, SETTINGS

CELLS = [make_cell(CORPUS, variant, SETTINGS, seed) for variant in (DIL, CL_MIL) for seed in (1, 2)]


class Runs:
    """Counts the cells that are run, and fails in some."""

    def __init__(self, failing=()):
        self.ran, self.failing = [], failing

    def __call__(self, cell, folder):
        self.ran.append(cell.key)
        if cell.key in self.failing:
            raise TrainingError("the loss is not finite.")
        return CellResult(values={"seed": cell.seed}, arrays={"a": np.arange(3)})


def test_finished_cells_are_never_run_again(tmp_path):
    first, second = Runs(), Runs()
    assert run_plan(CELLS + CELLS[:1], tmp_path, first) == {}
    assert first.ran == [cell.key for cell in CELLS]
    assert run_plan(CELLS, tmp_path, second) == {}
    assert second.ran == []
    kept = read_finished(tmp_path)
    assert kept[CELLS[1].key]["results"] == {"seed": 2}
    assert Cell.from_json(kept[CELLS[1].key]["cell"]) == CELLS[1]
    assert np.load(tmp_path / "cells" / f"{CELLS[0].key}.npz")["a"].tolist() == [0, 1, 2]


def test_an_interrupted_plan_goes_on(tmp_path):
    class Interrupted(Runs):
        def __call__(self, cell, folder):
            if len(self.ran) == 2:
                raise KeyboardInterrupt
            return super().__call__(cell, folder)

    with pytest.raises(KeyboardInterrupt):
        run_plan(CELLS, tmp_path, Interrupted())
    assert unfinished(CELLS, tmp_path) == CELLS[2:]
    rest = Runs()
    run_plan(CELLS, tmp_path, rest)
    assert rest.ran == [cell.key for cell in CELLS[2:]]


def test_a_cell_that_fails_stops_no_other(tmp_path):
    runs = Runs(failing=(CELLS[0].key,))
    assert run_plan(CELLS, tmp_path, runs) == {CELLS[0].key: "the loss is not finite."}
    assert unfinished(CELLS, tmp_path) == CELLS[:1]


def test_arrays_without_json_are_not_finished(tmp_path):
    run_plan(CELLS[:1], tmp_path, Runs())
    (tmp_path / "cells" / f"{CELLS[0].key}.json").unlink()
    assert unfinished(CELLS[:1], tmp_path) == CELLS[:1]


def test_a_damaged_cell_is_named(tmp_path):
    run_plan(CELLS[:1], tmp_path, Runs())
    (tmp_path / "cells" / f"{CELLS[0].key}.json").write_text("{")
    with pytest.raises(DataError, match="delete it to run the cell again"):
        read_finished(tmp_path)


@pytest.mark.parametrize(
    "off", ["neighbours.temperature=9.0", "balance.loss=focal", "rdrop.weight=2.0"]
)
def test_settings_of_a_part_that_is_off_make_no_other_cell(off):
    on = f"{off.partition('.')[0]}.enabled=true"
    keys = {
        make_cell(CORPUS, DIL, replace(SETTINGS, overrides=told), 1).key
        for told in ((), (off,), (on,), (on, off))
    }
    assert len(keys) == 3


def test_keys_tell_what_decides_a_result():
    cell = make_cell(CORPUS, DIL, SETTINGS, 1)
    assert cell.key.startswith("toy.dil.default.seed1.")
    moved = make_cell(replace(CORPUS, source="elsewhere.jsonl"), DIL, SETTINGS, 1)
    assert moved.key == cell.key, "a corpus that has moved is the same"
    others = [
        make_cell(CORPUS, DIL_CL, SETTINGS, 1),
        make_cell(CORPUS, DIL, SETTINGS, 2),
        make_cell(CORPUS, DIL, replace(SETTINGS, version="1"), 1),
        make_cell(CORPUS, DIL, replace(SETTINGS, recipe="paper"), 1),
        make_cell(CORPUS, DIL, replace(SETTINGS, overrides=("training.epochs=1",)), 1),
        make_cell(replace(CORPUS, digest="other"), DIL, SETTINGS, 1),
    ]
    assert len({cell.key, *(other.key for other in others)}) == 7


def test_a_setting_that_a_recipe_lacks_is_left_out():
    settings = replace(SETTINGS, overrides=("training.epochs=2", "no.such=1"))
    cell = make_cell(CORPUS, DIL, settings, 1)
    assert cell.overrides == ("training.epochs=2",)
    assert cell.work == 200


def test_estimates_come_from_cells_that_were_timed(tmp_path):
    dil, other_dil, cl_mil = CELLS[0], CELLS[1], CELLS[2]
    assert estimate(dil, {}).basis == "stated rate"
    assert estimate(dil, {}).seconds == pytest.approx(300 / 12)
    run_plan([dil], tmp_path, Runs())
    path = tmp_path / "cells" / f"{dil.key}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"seconds": 60}))
    done = read_finished(tmp_path)
    assert estimate(dil, done).seconds == 0
    assert (estimate(other_dil, done).seconds, estimate(other_dil, done).basis) == (
        60,
        "same system",
    )
    assert (estimate(cl_mil, done).seconds, estimate(cl_mil, done).basis) == (60, "like systems")
    words = make_cell(CORPUS, replace(DIL, system="cnn"), SETTINGS, 1)
    assert estimate(words, done).basis == "all cells"


def test_spreading_without_ray_is_one_sentence(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'clmil\[ray\]'"):
        spread.run_spread(CELLS, tmp_path, Runs())


class FakeRay:
    """Runs tasks when they are waited for, the last first; one machine is lost."""

    class exceptions:  # noqa: N801
        class RayError(Exception):
            pass

    def __init__(self, lost=(), gpus=0):
        self.lost, self.gpus, self.asked = lost, gpus, {}

    def cluster_resources(self):
        return {"CPU": 4.0, **({"GPU": float(self.gpus)} if self.gpus else {})}

    def init(self, **settings):
        pass

    def remote(self, **settings):
        self.asked = settings

        def wrap(work):
            class Task:
                @staticmethod
                def remote(*given):
                    return (work, given)

            return Task

        return wrap

    def wait(self, pending, num_returns):
        return [pending[-1]], pending[:-1]

    def get(self, task):
        work, given = task
        if given[0].key in self.lost:
            raise self.exceptions.RayError
        return work(*given)


def test_cells_are_spread_and_a_lost_machine_costs_one(tmp_path, monkeypatch):
    runs, told = Runs(failing=(CELLS[0].key,)), []

    class Told(SilentPlan):
        def finished(self, cell, seconds):
            told.append(cell.key)

    monkeypatch.setattr(spread, "_ray", lambda: FakeRay(lost=(CELLS[3].key,)))
    failures = spread.run_spread(CELLS, tmp_path, runs, Told())
    assert set(failures) == {CELLS[0].key, CELLS[3].key}
    assert "was lost" in failures[CELLS[3].key]
    assert told == [CELLS[2].key, CELLS[1].key]
    assert unfinished(CELLS, tmp_path) == [CELLS[0], CELLS[3]]


@pytest.mark.parametrize(("gpus", "asked"), [(0, 0), (8, 1)])
def test_a_cell_gets_a_gpu_where_the_cluster_has_some(tmp_path, monkeypatch, gpus, asked):
    ray = FakeRay(gpus=gpus)
    monkeypatch.setattr(spread, "_ray", lambda: ray)
    spread.run_spread(CELLS[:1], tmp_path, Runs())
    assert ray.asked["num_gpus"] == asked
