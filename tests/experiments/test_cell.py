"""A cell end to end, on the tiny encoder."""

from dataclasses import replace

import numpy as np
import pytest

from clmil.data.corpus import from_lists
from clmil.errors import DataError
from clmil.experiments.cell import CellRunner
from clmil.experiments.cells import CorpusFacts, Settings, make_cell
from clmil.experiments.plan import read_finished, run_plan
from clmil.experiments.variants import BERT_JOINT, CL_MIL, Variant
from tests.systems.every import overrides_of
from tests.tiny import FAST, save_encoder, toy_corpus, toy_documents

FACTS = CorpusFacts(name="toy", source="toy", digest="d", documents=80)


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    encoder = save_encoder(tmp_path_factory.mktemp("encoder"))
    overrides = (*FAST, "training.epochs=1", f"encoder.name={encoder}")
    return Settings(overrides=overrides, version="0")


@pytest.fixture(scope="module")
def corpus():
    return replace(toy_corpus(), test=from_lists(*toy_documents(30, 9)))


def test_cl_mil_leaves_all_that_tables_and_figures_need(settings, corpus, tmp_path):
    cell = make_cell(FACTS, CL_MIL, settings, 1)
    runner = CellRunner(corpora={"toy": corpus})
    assert run_plan([cell], tmp_path, runner) == {}
    values = read_finished(tmp_path)[cell.key]["results"]
    assert {"fixed", "tuned"} == set(values["scores"])
    assert values["documents"] == {"train": 80, "validation": 40, "test": 30}
    assert values["labels"] == 4
    assert values["train_seconds"] > 0
    assert values["documents_per_second"] > 0
    assert values["peak_megabytes"] > 50
    assert 0 <= values["calibration_error"]["classwise"] <= 1
    # The recipe does not calibrate.
    assert values["calibration_error_told"] == pytest.approx(values["calibration_error"])
    stages = values["geometry"]
    assert set(stages) == {"initial", "contrastive", "trained"}
    assert stages["initial"]["overall"] != stages["contrastive"]["overall"]
    with np.load(tmp_path / "cells" / f"{cell.key}.npz", allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    for name in ("probabilities", "targets", "decided", "decided_tuned", "fil", "cil"):
        assert arrays[name].shape == (30, 4), name
    assert arrays["validation"].shape == arrays["validation_targets"].shape == (40, 4)
    # The recipe's gamma is 0.5: the system's probabilities are the mean of its two parts.
    mean = (arrays["fil"] + arrays["cil"]) / 2
    assert np.abs(mean - arrays["probabilities"]).max() < 1e-5
    assert np.array_equal(arrays["decided"], arrays["probabilities"] > 0.5)
    for stage in stages:
        assert arrays[f"points_{stage}"].shape == (30, 3)
        shares = values["geometry"][stage]["overall"]["variance"][:3]
        assert arrays[f"shares_{stage}"] == pytest.approx(shares, rel=1e-4)
    assert values["gamma"]["micro_f1"][5] == pytest.approx(values["scores"]["fixed"]["micro_f1"])
    assert values["machine"]["precision"] in ("fp32", "bf16")
    assert len(values["code"]) == 8
    assert not (tmp_path / "runs" / cell.key).exists(), "weights are not kept"


def test_models_are_kept_on_request_and_a_plain_system_has_one_part(settings, corpus, tmp_path):
    cell = make_cell(FACTS, BERT_JOINT, settings, 1)
    runner = CellRunner(keep_models=True, corpora={"toy": corpus})
    result = runner(cell, tmp_path / "run")
    assert (tmp_path / "run" / "model" / "config.json").is_file()
    assert {"fil", "cil", "points_contrastive"}.isdisjoint(result.arrays)
    assert "points_trained" in result.arrays
    assert "gamma" not in result.values


@pytest.mark.parametrize("system", ["laco", "cl-bert-knn", "cnn", "sgm", "linear"])
def test_every_family_has_cells(system, settings, corpus, tmp_path):
    encoder = settings.overrides[-1].removeprefix("encoder.name=")
    epochs = () if system == "linear" else ("training.epochs=1",)
    wanted = Settings(overrides=(*overrides_of(system, encoder), *epochs), version="0")
    cell = make_cell(FACTS, Variant(name=system, system=system), wanted, 1)
    values = CellRunner(corpora={"toy": corpus})(cell, tmp_path / "run").values
    assert ("tuned" in values["scores"]) == (system != "sgm")


def test_a_corpus_without_a_test_part(settings, tmp_path):
    cell = make_cell(FACTS, BERT_JOINT, settings, 1)
    with pytest.raises(DataError, match="has no test part"):
        CellRunner(corpora={"toy": toy_corpus()})(cell, tmp_path)


def test_what_is_trained_is_not_trained_again(settings, corpus, tmp_path, monkeypatch):
    cell = make_cell(FACTS, BERT_JOINT, settings, 1)
    runner = CellRunner(keep_models=True, corpora={"toy": corpus})
    run_plan([cell], tmp_path, runner)
    first = read_finished(tmp_path)[cell.key]["results"]
    (tmp_path / "cells" / f"{cell.key}.json").unlink()
    monkeypatch.setattr("clmil.experiments.learning.train", None)
    assert run_plan([cell], tmp_path, runner) == {}
    again = read_finished(tmp_path)[cell.key]["results"]
    for name in ("scores", "train_seconds", "train_processor_seconds", "geometry"):
        assert again[name] == first[name]
