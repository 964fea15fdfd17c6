import numpy as np
import pytest

from clmil.errors import RecipeError
from clmil.reports.contest import contest_report, contest_table, remarks
from clmil.storage.folder import read_facts
from clmil.training.compare import Comparison, compare
from tests.tiny import FAST, toy_corpus


def wanted(encoder, *systems, seconds=60.0):
    overrides = (*FAST, f"encoder.name={encoder}", "training.epochs=1")
    return Comparison(systems=systems, seconds=seconds, overrides=overrides)


def test_systems_are_judged_on_the_same_documents(encoder, tmp_path):
    contest = compare(toy_corpus(), wanted(encoder, "bert", "linear"), tmp_path)
    assert [candidate.system for candidate in contest.candidates] == ["linear", "bert"]
    assert contest.targets.shape == (40, 4)
    assert all(found.predictions.shape == (40, 4) for found in contest.candidates)
    assert read_facts(tmp_path / "bert").space.names == contest.space.names
    report = contest_report(contest)
    assert report["candidates"][0]["micro_f1"] >= report["candidates"][1]["micro_f1"]
    assert report["recommended"] in ("linear", "bert")
    assert contest_table(report).row_count == 2
    assert remarks(report) == []


def test_a_system_out_of_time_is_kept_and_said_so(encoder, tmp_path):
    contest = compare(toy_corpus(), wanted(encoder, "bert", seconds=0.01), tmp_path)
    report = contest_report(contest)
    assert contest.candidates[0].stopped
    assert "bert was stopped after" in remarks(report)[0]
    assert (tmp_path / "bert" / "config.json").exists()


def test_a_system_that_fails_leaves_the_others(encoder, tmp_path):
    plan = Comparison(
        systems=("linear", "cl-mil"),
        seconds=30.0,
        overrides=(f"encoder.name={encoder}", "encoder.max_length=8", "contrastive.max_length=8"),
    )
    contest = compare(toy_corpus(), plan, tmp_path)
    assert [candidate.system for candidate in contest.candidates] == ["linear"]
    assert "room for" in contest.failures["cl-mil"]
    assert remarks(contest_report(contest))[0].startswith("cl-mil failed")


def test_unknown_systems_stop_at_once(encoder, tmp_path):
    with pytest.raises(RecipeError, match="berd"):
        compare(toy_corpus(), wanted(encoder, "berd"), tmp_path)
    with pytest.raises(RecipeError, match="nothing to compare"):
        compare(toy_corpus(), wanted(encoder), tmp_path)
    assert not np.any(list(tmp_path.iterdir()))
