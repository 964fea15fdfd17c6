"""Cheap dropout masks drop at the stated rate, keep the mean and follow torch's seed."""

import pytest
import torch

from clmil.nn.dropout import LEVELS, Dropout, add_dropped, dropped, keep_mask


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_rate_and_scale_of_a_mask(rate: float) -> None:
    torch.manual_seed(1)
    mask = keep_mask(torch.empty(400, 501), rate)
    lost = round(rate * LEVELS) / LEVELS
    assert mask.unique().tolist() == pytest.approx([0.0, 1 / (1 - lost)])
    assert (mask == 0).float().mean().item() == pytest.approx(lost, abs=0.005)
    assert mask.mean().item() == pytest.approx(1.0, abs=0.01)


def test_elements_are_dropped_independently() -> None:
    torch.manual_seed(2)
    kept = (keep_mask(torch.empty(1000, 800), 0.5) > 0).float() - 0.5
    for shift in range(1, 10):  # bytes of one drawn word, and of neighbours
        assert abs((kept[:, :-shift] * kept[:, shift:]).mean().item()) < 0.002
    assert abs(kept.mean(dim=0)).max() < 0.08


def test_smallest_and_largest_rates_stay_between_none_and_all() -> None:
    torch.manual_seed(3)
    rare, common = (keep_mask(torch.empty(100_000), rate) for rate in (1e-6, 1 - 1e-6))
    assert 0 < (rare == 0).sum() < 1000
    assert 0 < (common > 0).sum() < 1000


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_seed_decides_and_dtype_is_kept(dtype: torch.dtype) -> None:
    states = torch.ones(3, 5, dtype=dtype)
    torch.manual_seed(4)
    first = keep_mask(states, 0.3)
    torch.manual_seed(4)
    assert torch.equal(first, keep_mask(states, 0.3))
    assert first.dtype is dtype


def test_off_unless_training() -> None:
    states = torch.randn(4, 4)
    assert dropped(states, 0.5, training=False) is states
    assert dropped(states, 0.0, training=True) is states
    torch.testing.assert_close(add_dropped(states, states, 0.5, training=False), 2 * states)
    assert Dropout(0.5).eval()(states) is states


def test_sum_with_a_residual_and_its_gradients() -> None:
    residual = torch.randn(6, 7, dtype=torch.float64, requires_grad=True)
    states = torch.randn(6, 7, dtype=torch.float64, requires_grad=True)
    torch.manual_seed(5)
    mask = keep_mask(states, 0.4)
    torch.manual_seed(5)
    total = add_dropped(residual, states, 0.4, training=True)
    torch.testing.assert_close(total, residual + states * mask)
    total.sum().backward()
    torch.testing.assert_close(residual.grad, torch.ones_like(residual))
    torch.testing.assert_close(states.grad, mask)
