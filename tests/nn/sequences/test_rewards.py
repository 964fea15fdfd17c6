"""Rewards by hand and from a reference, and the gradient of the self-critical loss."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from clmil.nn.sequences.rewards import self_critical_loss, set_accuracy, set_f1, set_reward

CELL = st.sampled_from([0, 1, -1])
ROWS = st.lists(st.tuples(st.booleans(), CELL), min_size=1, max_size=8)


def one(function, predicted, cells):
    given_ = torch.tensor([predicted]).bool(), torch.tensor([cells], dtype=torch.int8)
    return function(*given_).item()


def test_worked_numbers():
    assert one(set_f1, [1, 1, 0], [1, 1, 0]) == 1
    assert one(set_f1, [0, 0, 1], [1, 1, 0]) == 0
    assert one(set_f1, [1, 0, 0], [1, 1, 0]) == pytest.approx(0.6667, abs=1e-4)
    assert one(set_f1, [0, 0, 0], [0, 0, 0]) == 1
    assert one(set_f1, [0, 0, 0], [1, 0, 0]) == 0
    assert one(set_f1, [1, 0, 1], [1, 0, -1]) == 1  # the unknown cell counts nowhere
    assert one(set_accuracy, [1, 0, 1, 0], [1, 1, -1, 0]) == pytest.approx(2 / 3)
    cells = torch.tensor([[1, 1, 0]], dtype=torch.int8)
    mean = set_reward(torch.tensor([[True, False, False]]), cells, "mean")
    assert mean.item() == pytest.approx((2 / 3 + 2 / 3) / 2)


@given(rows=ROWS, seed=st.integers(0, 99))
def test_rewards_are_of_sets_and_between_0_and_1(rows, seed):
    predicted, cells = (list(part) for part in zip(*rows, strict=True))
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed)).tolist()
    for function in (set_f1, set_accuracy):
        value = one(function, predicted, cells)
        turned = one(function, [predicted[k] for k in order], [cells[k] for k in order])
        assert 0 <= value <= 1
        assert turned == pytest.approx(value)
        assert one(function, [cell == 1 for cell in cells], cells) == 1


def steps():
    return torch.tensor([[0.5, 0.4, 0.3], [0.9, 0.8, 0.7]]).log().requires_grad_()


ALIVE = torch.tensor([[True, True, False], [True, False, False]])
KNOWN = torch.tensor([True, True])


def test_loss_by_hand_and_no_gradient_after_the_end():
    log_probabilities = steps()
    loss = self_critical_loss(log_probabilities, ALIVE, torch.tensor([0.5, -0.25]), KNOWN)
    expected = -(0.5 * (torch.tensor(0.5).log() + torch.tensor(0.4).log())) / 2
    expected = expected + 0.25 * torch.tensor(0.9).log() / 2
    assert loss.item() == pytest.approx(expected.item())
    loss.backward()
    assert log_probabilities.grad.tolist() == [[-0.25, -0.25, 0.0], [0.125, 0.0, 0.0]]


def test_no_advantage_no_gradient():
    log_probabilities = steps()
    self_critical_loss(log_probabilities, ALIVE, torch.zeros(2), KNOWN).backward()
    assert not log_probabilities.grad.any()


def test_documents_that_nobody_annotated_do_not_count():
    log_probabilities = steps()
    known = torch.tensor([True, False])
    loss = self_critical_loss(log_probabilities, ALIVE, torch.ones(2), known)
    loss.backward()
    assert loss.item() == pytest.approx(-torch.tensor(0.2).log().item())
    assert not log_probabilities.grad[1].any()
    nobody = torch.zeros(2, dtype=torch.bool)
    assert self_critical_loss(steps(), ALIVE, torch.ones(2), nobody).item() == 0
