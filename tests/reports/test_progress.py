"""Progress with and without a terminal."""

import io

import pytest
from rich.console import Console

from clmil.reports import progress
from clmil.reports.progress import RichProgress, counting


@pytest.fixture
def clock(monkeypatch):
    """A clock that a test sets."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def console(terminal):
    return Console(file=io.StringIO(), force_terminal=terminal, width=120, highlight=False)


def test_plain_lines_every_half_minute(clock):
    where = console(terminal=False)
    shown = RichProgress(where)
    shown.stage("multi-task", 100)
    for done in range(1, 62):  # a step a second
        clock[0] += 1
        shown.step(done, 100, {"cil": 0.5, "fil": 0.25}, 32.0)
    shown.finish()
    lines = where.file.getvalue().splitlines()
    assert lines[0] == "multi-task: up to 100 steps"
    assert lines[1] == "multi-task: 30 %, 32.0 documents/s, 0:01:10 left, cil 0.5, fil 0.25"
    assert len(lines) == 3


def test_time_left_of_a_resumed_run_counts_from_its_first_step(clock):
    where = console(terminal=False)
    shown = RichProgress(where)
    shown.stage("multi-task", 1000)
    shown.step(900, 1000, {}, 1.0)
    clock[0] += 40
    shown.step(910, 1000, {}, 1.0)
    assert "0:06:00 left" in where.file.getvalue()


def test_a_line_for_each_validation():
    where = console(terminal=False)
    scores = {"micro_f1": 0.51234, "macro_f1": 0.25, "loss": 1.5, "runtime": 3.0}
    RichProgress(where).scores("multi-task", 1.0, scores, best=True)
    RichProgress(where).scores("contrastive", 2.0, {"loss": 0.75}, best=False)
    assert where.file.getvalue().splitlines() == [
        "multi-task, epoch 1.00, validation: micro-F1 0.5123, macro-F1 0.2500, loss 1.5000 "
        "(best so far)",
        "contrastive, epoch 2.00, validation: loss 0.7500",
    ]


def test_a_terminal_shows_a_bar():
    where = console(terminal=True)
    shown = RichProgress(where)
    shown.stage("contrastive", 10)
    shown.stage("multi-task", 4)
    shown.step(2, 4, {"cil": 0.5}, 8.0)
    shown.note("A sentence.")
    shown._bar.refresh()
    shown.finish()
    shown.finish()
    text = where.file.getvalue()
    for part in ("multi-task", "50 %", "8.0 documents/s", "cil 0.5", "A sentence."):
        assert part in text


@pytest.mark.parametrize("total", [None, 12])
@pytest.mark.parametrize("terminal", [True, False])
def test_counting(clock, total, terminal):
    where = console(terminal)
    with counting("predicting", total, where) as advance:
        for _ in range(3):
            clock[0] += 1
            advance(4)
    assert where.file.getvalue().rstrip().endswith("predicting: 12 documents, 4.0 documents/s")
