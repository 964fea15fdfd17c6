import json

import numpy as np
import pytest

from benchmarks import reproduction
from clmil.experiments import cells
from clmil.experiments.plan import read_finished
from clmil.experiments.variants import CIL, DIL
from tests.experiments.fakes import fake_recipe, probabilities, result, results_of


@pytest.fixture
def kept(tmp_path, monkeypatch):
    monkeypatch.setattr(cells, "load_recipe", fake_recipe)
    monkeypatch.setattr(reproduction, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(reproduction, "PAGE", tmp_path / "docs" / "reproduction.md")
    return tmp_path / "kept"


def made(seed):
    fil, cil = probabilities(seed=seed), probabilities(seed=seed + 9)
    return result(probabilities=fil, fil=fil, cil=cil, validation=fil)


def test_cells_travel_by_the_repository(tmp_path, kept):
    first = results_of(tmp_path / "first", {DIL: made}, seeds=(1,))
    (tmp_path / "first" / "findings.json").write_text('{"figures": []}')
    reproduction.take(tmp_path / "first")
    second = tmp_path / "second"
    reproduction.lay(second)
    (key,) = read_finished(second)
    assert key == first.of(DIL)[0].key
    with np.load(second / "cells" / f"{key}.npz") as stored:
        assert set(stored.files) == {"targets", "decided"}
        assert (stored["decided"] == made(1).arrays["decided"]).all()
    # What is kept stays when other cells are taken later.
    results_of(second, {CIL: made}, seeds=(1,))
    (second / "findings.json").write_text('{"figures": []}')
    reproduction.take(second)
    assert len(list(kept.glob("cells/*.json"))) == 2
    told = json.loads((kept / "cells" / f"{key}.json").read_text())
    assert told["results"]["gamma"]["micro_f1"] == first.of(DIL)[0].values["gamma"]["micro_f1"]
