from types import SimpleNamespace

import numpy as np

from clmil.reports.contest import contest_report, contest_table, remarks


def candidate(system, predictions, seconds, **more):
    facts = {"folder": None, "documents_per_second": 10.0, "megabytes": None, "epochs": 1.0}
    cut = {"shortened": False, "stopped": False}
    named = {"system": system, "predictions": predictions, "train_seconds": seconds}
    return SimpleNamespace(**(named | facts | cut | more))


def contest(*candidates, targets):
    return SimpleNamespace(candidates=candidates, targets=targets, failures={})


def truth(documents=200):
    return (np.random.default_rng(0).random((documents, 3)) < 0.5).astype(np.int8)


def flipped(targets, share, seed):
    wrong = np.random.default_rng(seed).random(targets.shape) < share
    return np.where(wrong, 1 - targets, targets).astype(np.int8)


def test_a_clear_winner_is_taken_though_it_is_slower():
    targets = truth()
    good = candidate("good", flipped(targets, 0.05, 1), 500.0)
    bad = candidate("bad", flipped(targets, 0.3, 2), 1.0)
    report = contest_report(contest(bad, good, targets=targets))
    assert [row["system"] for row in report["candidates"]] == ["good", "bad"]
    assert report["recommended"] == "good"
    assert "more than chance" in report["reasons"][0]


def test_of_equals_the_faster_is_taken():
    targets = truth()
    slow = candidate("slow", flipped(targets, 0.100, 1), 500.0)
    fast = candidate("fast", flipped(targets, 0.105, 2), 1.0)
    report = contest_report(contest(slow, fast, targets=targets))
    assert report["recommended"] == "fast"


def test_less_hamming_loss_is_better():
    targets = truth()
    rows = [candidate(str(k), flipped(targets, k / 10, k), 9.0 - k) for k in (1, 3)]
    report = contest_report(contest(*rows, targets=targets), "hamming_loss")
    assert report["candidates"][0]["system"] == "1"
    assert report["recommended"] == "1"
    assert report["candidates"][1]["behind_best"]["value"] < 0


def test_unknown_cells_count_nowhere():
    targets = truth()
    hidden = targets.copy()
    hidden[:, 0] = -1
    wrong = targets.copy()
    wrong[:, 0] = 1 - targets[:, 0]
    report = contest_report(contest(candidate("one", wrong, 1.0), targets=hidden))
    assert report["candidates"][0]["micro_f1"] == 1
    assert report["reasons"] == ["one is the only one that came to its end."]


def test_the_table_and_the_remarks_tell_of_hurry():
    targets = truth()
    cut = candidate("cut", targets, 1.0, shortened=True, epochs=0.4)
    report = contest_report(contest(cut, targets=targets))
    assert contest_table(report).row_count == 1
    assert "0.4 epochs only" in remarks(report)[0]
