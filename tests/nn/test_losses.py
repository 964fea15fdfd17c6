"""Equations 8 and 12, by worked numbers and against naive sums."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from clmil.nn.losses import label_loss, relation_loss


def test_worked_example() -> None:
    logits = torch.logit(torch.tensor([[0.9, 0.2, 0.1]]))
    targets = torch.tensor([[1, 0, 0]], dtype=torch.int8)
    assert label_loss(logits, targets, reduction="sum_labels").item() == pytest.approx(
        0.43386, abs=1e-5
    )
    assert label_loss(logits, targets, reduction="mean").item() == pytest.approx(0.14462, abs=1e-5)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), rows=st.integers(1, 4), reduction=st.sampled_from(["m", "s"]))
def test_equation_8_with_unknown_cells_equals_a_loop(seed: int, rows: int, reduction: str) -> None:
    rng = np.random.default_rng(seed)
    logits, targets = rng.normal(size=(rows, 5)), rng.integers(-1, 2, size=(rows, 5))
    total, cells, documents = 0.0, 0, 0
    for row in range(rows):
        documents += bool((targets[row] >= 0).any())
        for logit, target in zip(logits[row], targets[row], strict=True):
            if target >= 0:
                chance = 1 / (1 + np.exp(-logit))
                total -= target * np.log(chance) + (1 - target) * np.log(1 - chance)
                cells += 1
    name, size = ("mean", cells) if reduction == "m" else ("sum_labels", documents)
    loss = label_loss(torch.tensor(logits), torch.tensor(targets), reduction=name)
    assert loss.item() == pytest.approx(total / max(size, 1), rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("reduction", ["mean", "sum_labels"])
def test_unknown_cells_have_no_say_and_no_gradient(reduction: str) -> None:
    targets = torch.tensor([[1, -1, 0], [-1, -1, -1]], dtype=torch.int8)
    logits = torch.tensor([[0.3, 1e30, -0.2], [5.0, -5.0, 1e30]], requires_grad=True)
    loss = label_loss(logits, targets, reduction=reduction)
    known = label_loss(
        torch.tensor([[0.3, -0.2]]), torch.tensor([[1, 0]], dtype=torch.int8), reduction=reduction
    )
    torch.testing.assert_close(loss, known)
    loss.backward()
    assert not logits.grad[targets < 0].any()
    assert logits.grad[targets >= 0].all()


def test_nothing_known_is_no_loss() -> None:
    targets = torch.full((2, 3), -1, dtype=torch.int8)
    for reduction in ("mean", "sum_labels"):
        assert label_loss(torch.randn(2, 3), targets, reduction=reduction) == 0


def test_extreme_and_half_precision_logits_stay_finite() -> None:
    targets = torch.tensor([[0, 1]], dtype=torch.int8)
    logits = torch.tensor([[1000.0, -1000.0]], dtype=torch.bfloat16)
    loss = label_loss(logits, targets, reduction="mean")
    assert loss.dtype == torch.float32
    assert loss.item() == 1000.0


def test_equation_12_equals_a_loop() -> None:
    rng = np.random.default_rng(0)
    logits, relation = rng.normal(size=(6, 3)), rng.integers(0, 3, size=6)
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    expected = -np.mean([np.log(chances[pair, kind]) for pair, kind in enumerate(relation)])
    loss = relation_loss(torch.tensor(logits), torch.tensor(relation))
    assert loss.item() == pytest.approx(expected, rel=1e-6)


def test_no_pair_is_no_loss_but_keeps_the_graph() -> None:
    logits = torch.zeros(0, 3, requires_grad=True)
    loss = relation_loss(logits, torch.zeros(0, dtype=torch.int64))
    loss.backward()
    assert loss == 0
