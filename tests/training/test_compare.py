"""Several systems within one budget of time, and what a kill leaves of it."""

import json
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from clmil.errors import ModelError, RecipeError
from clmil.reports.contest import contest_report, contest_table, remarks
from clmil.runtime.predictor import Predictor
from clmil.storage.atomic import read_json, write_json
from clmil.storage.folder import read_facts
from clmil.training.compare import Comparison, compare
from clmil.training.ledger import Ledger
from clmil.training.progress import Silent
from tests.tiny import FAST, toy_corpus, toy_documents

FAST_LINEAR = ("linear.C=[1.0]", "linear.pairs=[false]", "linear.folds=2")


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


class Stop(Silent):
    """Ends a comparison at the second validation of a system, as Ctrl-C would."""

    def __init__(self):
        self.seen, self.ended = 0, False

    def scores(self, stage, epoch, scores, best):
        self.seen += 1
        if self.seen == 2:
            raise KeyboardInterrupt

    def finish(self):
        self.ended = True


def test_an_interrupted_comparison_goes_on_to_the_same_result(encoder, tmp_path):
    plan = wanted(encoder, "linear", "bert")
    plan = replace(plan, overrides=(*plan.overrides, "training.epochs=3", *FAST_LINEAR))
    whole = compare(toy_corpus(), plan, tmp_path / "whole")
    cut = tmp_path / "cut"
    stop = Stop()
    with pytest.raises(KeyboardInterrupt):
        compare(toy_corpus(), plan, cut, progress=stop)
    assert stop.ended
    fitted = (cut / "linear" / "config.json").stat().st_mtime_ns
    spent = read_json(cut / "training" / "ledger.json")["bert"]["seconds"]
    with pytest.raises(ModelError, match="add --resume"):
        compare(toy_corpus(), plan, cut)
    other = replace(plan, overrides=(*plan.overrides, "training.batch_size=4"))
    with pytest.raises(ModelError, match="had another recipe;"):
        compare(toy_corpus(), other, cut, resume=True)
    resumed = compare(toy_corpus(), plan, cut, resume=True)
    assert (cut / "linear" / "config.json").stat().st_mtime_ns == fitted
    for one, other in zip(whole.candidates, resumed.candidates, strict=True):
        np.testing.assert_array_equal(one.predictions, other.predictions)
        assert (one.system, one.epochs, one.stopped) == (other.system, other.epochs, other.stopped)
        weights = "model.safetensors"
        assert (one.folder / weights).read_bytes() == (other.folder / weights).read_bytes()
    assert resumed.candidates[1].train_seconds >= spent > 0
    again = compare(toy_corpus(), plan, cut, resume=True)
    assert contest_report(again) == contest_report(resumed)


def test_a_model_that_was_written_but_not_judged_is_not_trained_again(encoder, tmp_path):
    plan = wanted(encoder, "bert")
    before = compare(toy_corpus(), plan, tmp_path).candidates[0]
    ledger = tmp_path / "training" / "ledger.json"
    entry = read_json(ledger)["bert"]
    del entry["candidate"]
    write_json(ledger, {"bert": entry})
    after = compare(toy_corpus(), plan, tmp_path, resume=True).candidates[0]
    np.testing.assert_array_equal(before.predictions, after.predictions)
    assert after.train_seconds >= before.train_seconds
    assert Predictor.load(after.folder).predict(["apple pear"]).decided.shape == (1, 4)


def test_time_that_was_taken_counts(tmp_path):
    write_json(
        tmp_path / "ledger.json",
        {"linear": {"seconds": 10.0}, "bert": {"seconds": 30.0, "shortened": ["fit"]}},
    )
    ledger = Ledger(tmp_path, tmp_path)
    deadline = ledger.deadline("bert", 110.0, waiting=2)  # of 100 s it has had 30 of its 50
    assert deadline.seconds == 50
    assert deadline.left() == pytest.approx(20, abs=1)
    assert deadline.shortened == ["fit"]
    assert ledger.deadline("cl-mil", 35.0, waiting=1).left() == 0


@pytest.mark.slow
def test_a_killed_comparison_goes_on(encoder, tmp_path):
    data = tmp_path / "train.jsonl"
    texts, labels = toy_documents(120, 0)
    rows = [{"text": text, "labels": names} for text, names in zip(texts, labels, strict=True)]
    data.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    settings = [*FAST, *FAST_LINEAR, "training.epochs=4", f"encoder.name={encoder}"]
    command = [sys.executable, "-m", "clmil", "compare", str(data), "--systems", "linear,bert"]
    command += ["--time", "10m", "--quiet", *(part for one in settings for part in ("--set", one))]
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    subprocess.run([*command, "--output", str(whole)], check=True)
    process = subprocess.Popen([*command, "--output", str(killed)])
    until = time.monotonic() + 120
    while not list(killed.glob("bert/training/*/checkpoint-*/complete")):
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < until
        time.sleep(0.02)
    process.kill()
    process.wait()
    assert not (killed / "comparison.json").exists()
    subprocess.run([*command, "--output", str(killed), "--resume"], check=True)
    weights = "bert/model.safetensors"
    assert (killed / weights).read_bytes() == (whole / weights).read_bytes()
    first, second = (read_json(folder / "comparison.json") for folder in (whole, killed))
    assert first["recommended"] == second["recommended"]
    for one, other in zip(first["candidates"], second["candidates"], strict=True):
        assert (one["system"], one["micro_f1"]) == (other["system"], other["micro_f1"])
    assert Predictor.load(killed / second["recommended"]).space.names
