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


class Shaken(Square):
    """Keeps a mask too, in training alone."""

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        return super().forward(torch.dropout(states * self.weight, 0.5, self.training))


def test_a_model_that_was_last_judged_is_tried_as_in_training() -> None:
    training, judged = Shaken().train(), Shaken().eval()
    expected = memory.kept_bytes(training, BATCH, bf16=False)
    assert memory.kept_bytes(judged, BATCH, bf16=False) == expected
    assert (training.training, judged.training) == (True, False)


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


class WithLabels(Square):
    """Keeps a hundred numbers more, whatever the batch."""

    def __init__(self) -> None:
        super().__init__()
        self.labels = nn.Parameter(torch.ones(100))

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        return super().forward(states) + self.labels.exp().sum()


def test_what_all_documents_share_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    each = memory.kept_bytes(Square(), BATCH, bf16=False) / 2
    shared = 100 * 4
    gradients_and_moments = 3 * (10 + 100) * 4
    needed = (shared + 50 * each) * memory.MARGIN + gradients_and_moments
    told = {"setting": "training.batch_size", "bf16": False}
    monkeypatch.setattr(memory, "free_bytes", lambda device: needed)
    memory.check_memory(WithLabels(), BATCH, 50, **told)
    with pytest.raises(TrainingError, match=r"training\.batch_size=50 would fit"):
        memory.check_memory(WithLabels(), BATCH, 51, **told)


def test_an_average_takes_one_more_copy_of_the_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    step = memory.kept_bytes(Square(), BATCH, bf16=False) / 2 * memory.MARGIN
    gradients_and_moments = 3 * 10 * 4
    monkeypatch.setattr(memory, "free_bytes", lambda device: step + gradients_and_moments)
    check(1)
    with pytest.raises(TrainingError):
        check(1, averaged=True)
    monkeypatch.setattr(memory, "free_bytes", lambda device: step + gradients_and_moments + 40)
    check(1, averaged=True)
