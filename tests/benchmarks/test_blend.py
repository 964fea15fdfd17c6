import numpy as np
from benchmarks.blend import blend, filled, table

from clmil.decisions.calibration import sigmoid

RNG = np.random.default_rng(0)
TRUTH = RNG.normal(-1.5, 2, (900, 5))
TARGETS = (RNG.random(TRUTH.shape) < sigmoid(TRUTH)).astype(np.int8)


def member(seed):
    given = sigmoid(TRUTH + np.random.default_rng(seed).normal(0, 1.5, TRUTH.shape))
    return {
        "validation": given[:300].astype(np.float32),
        "probabilities": given[300:].astype(np.float32),
        "validation_targets": TARGETS[:300],
        "targets": TARGETS[300:],
    }


def test_members_that_err_differently_gain():
    found = blend({"cl-mil": member(1), "linear": member(2)})
    assert found["documents"] == 600
    assert abs(found["weights"]["cl-mil"] - found["weights"]["linear"]) < 0.2
    gain = found["gain_in_macro_f1"]["linear"]
    assert 0 < gain["low"] < gain["value"] < gain["high"]
    shown = table("toy", found)
    assert shown.count("\n") == 6
    assert "| blend |  |" in shown


def test_the_page_has_its_mark():
    page = "a <!-- blend -->\nof before\n<!-- /blend --> b"
    assert "of before" not in filled(page)
    assert filled(page).startswith("a <!-- blend -->")
