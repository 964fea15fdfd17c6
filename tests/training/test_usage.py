import sys

import numpy as np
import pytest

from clmil.training.usage import forget_peak_memory, peak_memory


def test_the_peak_counts_what_was_held_and_given_back():
    before = peak_memory()["memory"]
    block = np.ones(200_000_000, dtype=np.uint8)
    del block
    assert peak_memory()["memory"] >= before


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can begin anew")
def test_a_forgotten_peak_begins_at_what_is_held_now():
    block = np.ones(300_000_000, dtype=np.uint8)
    held = peak_memory()["memory"]
    del block
    forget_peak_memory()
    assert peak_memory()["memory"] < held - 200
