import json
import re

import numpy as np
import pytest

from clmil.errors import DataError, RecipeError, TrainingError
from clmil.experiments.clouds import Cloud
from clmil.experiments.plan import SilentPlan
from clmil.experiments.report import from_json, text_report
from clmil.experiments.reproduce import Wanted, prepare
from clmil.experiments.variants import VARIANTS, variants_of
from tests.experiments.fakes import TARGETS, probabilities, result

RNG = np.random.default_rng(1)


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "toy"
    folder.mkdir()
    rows = '{"text": "a b", "labels": ["x"]}\n{"text": "c", "labels": ["y"]}\n'
    for part in ("train", "test"):
        (folder / f"{part}.jsonl").write_text(rows)
    return folder


def wanted(part, data, **changes):
    return Wanted(part=part, sources=(str(data),), seeds=(1, 2), **changes)


def run_cell(cell, folder):
    fil, cil = (probabilities(seed=cell.seed + shift) for shift in (0, 5))
    classes = RNG.integers(0, 7, len(TARGETS))
    points = {}
    for stage in ("initial", "contrastive", "trained"):
        points |= Cloud.of(RNG.normal(size=(len(TARGETS), 8)), classes).arrays(stage)
    return result(probabilities=fil, fil=fil, cil=cil, **points)


@pytest.mark.usefixtures("any_system")
def test_all_of_it_on_cells_that_train_nothing(data, tmp_path):
    output = tmp_path / "out"
    ready = prepare(wanted("all", data))
    variants = variants_of(tuple(VARIANTS))
    assert len(ready.cells) == 2 * len(variants), "cells that several parts share are run once"
    assert [cell.seed for cell in ready.cells[: len(variants)]] == [1] * len(variants)
    findings = ready.run(output, run_cell, SilentPlan())
    titles = [table.title for table in findings.tables]
    tables = [f"Table {n}" for n in (2, 3, 4, 5, 6)]
    for start in (*tables, "Figure 3", "Figure 4", "Figure 6", "Label orders", "Costs"):
        assert sum(title.startswith(start) for title in titles) == 1, start
    assert len(findings.verdicts[0].rows) == 12
    assert [figure.title[:8] for figure in findings.figures] == [
        f"Figure {n}" for n in (3, 4, 5, 6)
    ]
    names = {path.name for path in output.iterdir()}
    assert {"report.html", "reproduction.md", "figure3-toy.html", "figure6-toy.png"} <= names
    page = (output / "report.html").read_text()
    assert page.count("<svg") >= 4
    assert not re.search(r'(src|href)="(?!#)', page)
    text = (output / "reproduction.md").read_text()
    assert "![Figure 4: text representations of toy](figure4-toy.png)" in text
    assert "| best of all" not in text
    assert "CL-MIL has the lowest Hamming loss" in text
    done = ready.estimates(output)
    assert {found.basis for _, found in done} == {"finished"}


@pytest.mark.usefixtures("any_system")
def test_a_failed_cell_is_told_after_the_report(data, tmp_path):
    def failing(cell, folder):
        if cell.system == "fil":
            raise DataError("no such thing.")
        return run_cell(cell, folder)

    with pytest.raises(TrainingError, match=r"2 of 6 cells failed, first toy.fil.*no such thing"):
        prepare(wanted("table5", data)).run(tmp_path / "out", failing, SilentPlan())
    assert "Table 5 on toy" in (tmp_path / "out" / "report.html").read_text()


def test_tables_2_and_6_train_nothing(data, tmp_path):
    for part, title in (("table2", "Table 2"), ("table6", "Table 6")):
        ready = prepare(wanted(part, data, budget="small"))
        assert ready.cells == ()
        findings = ready.run(tmp_path / part, None, SilentPlan())
        assert [table.title[:7] for table in findings.tables] == [title]
        assert findings.remarks == ()


@pytest.mark.usefixtures("any_system")
def test_a_rehearsal_says_that_it_is_one(data, tmp_path):
    findings = prepare(wanted("table5", data, budget="small")).run(
        tmp_path / "out", run_cell, SilentPlan()
    )
    assert "rehearsal" in findings.remarks[0]
    assert "rehearsal" in (tmp_path / "out" / "report.html").read_text()


def test_what_is_wrong_is_told_before_anything_runs(data):
    with pytest.raises(RecipeError, match="no part 'table9'"):
        prepare(wanted("table9", data))
    with pytest.raises(RecipeError, match="no budget 'tiny'"):
        prepare(wanted("table5", data, budget="tiny"))
    (data / "test.jsonl").unlink()
    with pytest.raises(DataError, match="has no test part"):
        prepare(wanted("table5", data))


def test_two_corpora_of_one_name(data, tmp_path):
    twice = Wanted(part="table2", sources=(str(data), str(data)), seeds=(1,))
    with pytest.raises(DataError, match="two corpora are named toy"):
        prepare(twice)


@pytest.mark.usefixtures("any_system")
def test_a_plan_of_chosen_systems(data, tmp_path):
    chosen = prepare(wanted("table3", data, systems=("cnn", "linear")))
    assert [cell.system for cell in chosen.cells] == ["linear", "cnn"] * 2
    chosen.run(tmp_path / "out", run_cell, SilentPlan())
    told = json.loads((tmp_path / "out" / "findings.json").read_text())
    assert (
        text_report(from_json(told), command=told["command"])
        == (tmp_path / "out" / "reproduction.md").read_text()
    )
    whole = prepare(wanted("table3", data))
    done = [cell for cell, found in whole.estimates(tmp_path / "out") if found.basis == "finished"]
    assert [cell.key for cell in done] == [cell.key for cell in chosen.cells]


@pytest.mark.usefixtures("any_system")
def test_a_system_that_the_part_does_not_need(data):
    with pytest.raises(RecipeError, match="table5 needs cil, fil, dil, and not 'cnn'"):
        prepare(wanted("table5", data, systems=("cnn",)))


def test_damaged_findings():
    with pytest.raises(DataError, match="findings are damaged"):
        from_json({"tables": [{"title": "T"}], "verdicts": [], "figures": [], "remarks": []})
