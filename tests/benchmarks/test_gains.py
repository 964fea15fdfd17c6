import numpy as np
import pytest
from benchmarks.accuracy_table import filled
from benchmarks.blend import blend
from benchmarks.gains import gains, table

from clmil.decisions.calibration import sigmoid

RNG = np.random.default_rng(0)
TRUTH = RNG.normal(-1.5, 2, (900, 5))
TARGETS = (RNG.random(TRUTH.shape) < sigmoid(TRUTH)).astype(np.int8)


def noisy(seed):
    return sigmoid(TRUTH + np.random.default_rng(seed).normal(0, 1.5, TRUTH.shape))


def member(seed):
    given = noisy(seed).astype(np.float32)
    return {
        "validation": given[:300],
        "probabilities": given[300:],
        "validation_targets": TARGETS[:300],
        "targets": TARGETS[300:],
    }


def test_a_gain_over_itself_is_nothing():
    found = gains({"a": member(1), "b": member(1)}, "b")
    apart = found["gain_in_macro_f1"]["a"]
    assert apart["value"] == apart["low"] == apart["high"] == 0
    assert found["scores"]["a"] == found["scores"]["b"]
    assert "weight" not in table("toy", found, "b")


def test_members_that_err_differently_gain():
    found = blend({"cl-mil": member(1), "linear": member(2)})
    assert found["documents"] == 600
    assert abs(found["weights"]["cl-mil"] - found["weights"]["linear"]) < 0.2
    gain = found["gain_in_macro_f1"]["linear"]
    assert 0 < gain["low"] < gain["value"] < gain["high"]
    shown = table("toy", found, "blend")
    assert shown.count("\n") == 6
    assert "| blend |  |" in shown


def test_neighbours_that_know_better_get_a_vote():
    pytest.importorskip("torch")
    from benchmarks.votes import votes

    from clmil.systems.neighbour_scorer import Seen

    ends = {"train": slice(0, 500), "validation": slice(500, 700), "test": slice(700, 900)}
    seen = {
        name: Seen(TRUTH[rows].astype(np.float32), noisy(3)[rows].astype(np.float32))
        for name, rows in ends.items()
    }
    found = votes(seen, {name: TARGETS[rows] for name, rows in ends.items()}, "bert")
    assert found["choice"]["weight"] > 0
    own = {name: scores["own"]["micro_f1"] for name, scores in found["scores"].items()}
    assert own["bert, with votes"] > own["bert"]


def test_the_page_has_its_marks():
    page = "a <!-- blend -->\nof before\n<!-- /blend --> b <!-- votes --><!-- /votes -->"
    assert "of before" not in filled(page)
    assert filled(page).startswith("a <!-- blend -->")
