"""Repeated runs of a competitor come down to one row; operations are those of the equations."""

from types import SimpleNamespace

import pytest
import torch
from benchmarks.speed.limit import operations
from benchmarks.speed.peers import COMPETITORS, HERE, TIMED, middle
from benchmarks.speed.tables import pairs, startup


def run(speed, micro=50.0):
    return {**dict.fromkeys(TIMED, speed), "curve": [[speed, micro]], "test": {"micro_f1": micro}}


def test_the_middle_run_is_kept_with_medians() -> None:
    row = middle([run(3.0, 70.0), run(9.0, 90.0), run(4.0, 80.0)])
    assert row["train_documents_per_second"] == row["peak_memory_gb"] == 4.0
    assert row["test"] == {"micro_f1": 80.0}
    assert row["runs"] == 3


def test_failed_runs_count_only_where_all_failed() -> None:
    failed = {"failed": "no module"}
    assert middle([failed, failed]) == failed
    assert middle([failed, run(2.0)])["runs"] == 1


def test_every_competitor_has_its_script_and_pinned_environment() -> None:
    for own in COMPETITORS.values():
        assert (HERE / "competitors" / f"{own['script']}.py").is_file()
        if "environment" in own:
            lines = (HERE / "environments" / f"{own['environment']}.txt").read_text().splitlines()
            packages = [line for line in lines if line[:1].isalpha()]
            assert len(packages) > 50
            assert all("==" in line for line in packages)


@pytest.mark.parametrize("heads", [True, False])
def test_operations_of_a_step(heads: bool) -> None:
    switched = SimpleNamespace(
        labels=SimpleNamespace(joint=heads),
        fil=SimpleNamespace(enabled=heads, kernel=3),
        cil=SimpleNamespace(enabled=heads, width=None, kernel=3, dilations=(1, 2)),
    )
    config = SimpleNamespace(hidden_size=8, intermediate_size=16, num_hidden_layers=2)
    network = SimpleNamespace(
        settings=switched, encoder=SimpleNamespace(config=config), label_count=5
    )
    found = operations(SimpleNamespace(network=network), {"lengths": torch.tensor([4, 6])})
    tokens = [12, 14] if heads else [6, 8]
    linear = sum(2 * n * (4 * 8 * 8 + 2 * 8 * 16) for n in tokens)
    attention = sum(2 * 2 * n * n * 8 for n in tokens)
    assert found["encoder"] == 3 * 2 * (linear + attention)
    assert set(found) == ({"encoder", "FIL", "CIL"} if heads else {"encoder"})
    if heads:
        assert found["FIL"] == 3 * 2 * 10 * (5 * 8 + 5 * 5 * 3)
        layers = 2 * (3 * 8 * 16)
        beside = 4 * 8 * 8 + 3 * 16 * 8
        assert found["CIL"] == 3 * (2 * 10 * (layers + beside) + 4 * (16 + 36) * 8)


def test_pairs_and_startup_are_told() -> None:
    case = {
        "documents": 800_000,
        "labels": 103,
        "label_sets": 15_000,
        "targets": 7,
        "negatives": 31,
        "seconds": {"relations": 1.0, "pairs": 2.0},
        "total_seconds": 3.0,
        "peak_memory_gb": 1.5,
    }
    shown = pairs({"recurring": case, "worst": case})
    assert "| recurring | 15,000 | 7 | 1.0 | 2.0 | 3.0 | 1.5 |" in shown
    assert "| worst | 15,000 |" in shown
    assert "0.42 s (median of 15 runs)" in startup({"help_seconds": 0.42, "runs": 15})
