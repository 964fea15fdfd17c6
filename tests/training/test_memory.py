"""What fits into memory is told before a run."""

import re

import pytest
import torch
from torch import nn

from clmil.errors import TrainingError
from clmil.training import memory


class Square(nn.Module):
    """Keeps its input and one more tensor of the same size for the backward pass."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(10))

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        seen = states * self.weight * torch.rand(len(states), 1)
        return (seen * seen).sum()


BATCH = {"states": torch.randn(2, 10)}


def test_kept_bytes_are_those_of_the_saved_tensors() -> None:
    # states for the weight's gradient, the product's two factors, and the square's factor
    rand, states = 2 * 4, 2 * 10 * 4
    assert memory.kept_bytes(Square(), BATCH, bf16=False) == rand + 2 * states


def test_the_trial_leaves_chance_and_gradients_alone() -> None:
    model = Square()
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    memory.kept_bytes(model, BATCH, bf16=True)
    assert torch.equal(torch.rand(3), expected)
    assert model.weight.grad is None


def check(size: int, *, averaged: bool = False) -> None:
    memory.check_memory(
        Square(), BATCH, size, setting="training.batch_size", bf16=False, averaged=averaged
    )


def test_the_size_that_is_told_fits_and_one_more_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda device: 10_000)
    with pytest.raises(TrainingError, match=r"training\.batch_size is 1000, for which") as told:
        check(1000)
    found = re.search(r"training\.batch_size=(\d+) would fit", str(told.value))
    assert found is not None
    fits = int(found[1])
    check(fits)
    with pytest.raises(TrainingError):
        check(fits + 1)


def test_where_nothing_fits_no_size_is_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda device: 100)
    with pytest.raises(TrainingError, match="take a smaller encoder"):
        check(1)


def test_free_memory_is_positive_and_no_more_than_the_machine_has() -> None:
    free = memory.free_bytes(torch.device("cpu"))
    assert 0 < free <= memory.psutil.virtual_memory().total


def test_an_average_takes_one_more_copy_of_the_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    step = memory.kept_bytes(Square(), BATCH, bf16=False) / 2 * memory.MARGIN
    gradients_and_moments = 3 * 10 * 4
    monkeypatch.setattr(memory, "free_bytes", lambda device: step + gradients_and_moments)
    check(1)
    with pytest.raises(TrainingError):
        check(1, averaged=True)
    monkeypatch.setattr(memory, "free_bytes", lambda device: step + gradients_and_moments + 40)
    check(1, averaged=True)
