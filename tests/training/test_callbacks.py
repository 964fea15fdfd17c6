"""The time of a stage is counted over all its sittings."""

import time

import pytest

from clmil.training.callbacks import TakeTime


def test_a_sitting_adds_to_those_before_it() -> None:
    first = TakeTime()
    time.sleep(0.03)
    kept = first.state()["attributes"]
    assert kept["seconds"] >= 0.03 > kept["processor_seconds"]
    resumed = TakeTime.from_state(first.state())
    resumed.seconds = 100.0
    assert resumed.state()["attributes"]["seconds"] == pytest.approx(100.0, abs=5)
    assert resumed.state()["attributes"]["processor_seconds"] >= kept["processor_seconds"]
