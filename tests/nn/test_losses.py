"""Equations 8 and 12, by worked numbers and against naive sums."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from clmil.nn.losses import label_loss, relation_loss, soft_label_loss


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


def naive_soft_loss(logits, soft, temperature, reduction):
    """Return T^2 BCE(softened student, softened teacher), by a loop over the known cells."""
    total, cells, documents = 0.0, 0, 0
    for row in range(len(logits)):
        documents += bool(np.isfinite(soft[row]).any())
        for student, teacher in zip(logits[row], soft[row], strict=True):
            if not np.isnan(teacher):
                chance = 1 / (1 + np.exp(-student / temperature))
                wanted = 1 / (1 + np.exp(-teacher / temperature))
                total -= wanted * np.log(chance) + (1 - wanted) * np.log(1 - chance)
                cells += 1
    return temperature**2 * total / max(cells if reduction == "mean" else documents, 1)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    rows=st.integers(1, 4),
    temperature=st.floats(0.5, 8),
    reduction=st.sampled_from(["mean", "sum_labels"]),
)
def test_soft_loss_with_unknown_cells_equals_a_loop(seed, rows, temperature, reduction) -> None:
    rng = np.random.default_rng(seed)
    logits, soft = rng.normal(0, 3, (2, rows, 5))
    soft[rng.random(soft.shape) < 0.3] = np.nan
    loss = soft_label_loss(
        torch.tensor(logits), torch.tensor(soft), temperature=temperature, reduction=reduction
    )
    expected = naive_soft_loss(logits, soft, temperature, reduction)
    assert loss.item() == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_soft_loss_worked_example() -> None:
    # Student at 0.5, teacher at 0.8: at T = 1, -(0.8 + 0.2) log 0.5. A student at 0 stays at 0.5
    # whatever T is, so that at T = 2 the loss is four times that.
    soft = torch.logit(torch.tensor([[0.8]]))
    for temperature, expected in ((1.0, 0.693147), (2.0, 2.772589)):
        loss = soft_label_loss(torch.zeros(1, 1), soft, temperature=temperature, reduction="mean")
        assert loss.item() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("temperature", [1.0, 3.0])
def test_soft_loss_is_least_at_the_teachers_own_logits(temperature: float) -> None:
    soft = torch.tensor([[2.0, -1.0, 0.3]])
    logits = soft.clone().requires_grad_()
    soft_label_loss(logits, soft, temperature=temperature, reduction="mean").backward()
    torch.testing.assert_close(logits.grad, torch.zeros_like(logits), atol=1e-6, rtol=0)


@pytest.mark.parametrize("reduction", ["mean", "sum_labels"])
def test_what_no_teacher_knows_has_no_say_and_no_gradient(reduction: str) -> None:
    soft = torch.tensor([[1.5, torch.nan], [torch.nan, torch.nan]], dtype=torch.float16)
    logits = torch.tensor([[0.3, 1e30], [1e30, -5.0]], requires_grad=True)
    loss = soft_label_loss(logits, soft, temperature=2.0, reduction=reduction)
    alone = soft_label_loss(
        torch.tensor([[0.3]]), torch.tensor([[1.5]]), temperature=2.0, reduction=reduction
    )
    torch.testing.assert_close(loss, alone)
    loss.backward()
    assert logits.grad[0, 0] != 0
    assert not logits.grad.flatten()[1:].any()


@pytest.mark.parametrize("reduction", ["mean", "sum_labels"])
def test_a_teacher_as_sure_as_the_annotation_gives_the_plain_loss(reduction: str) -> None:
    torch.manual_seed(0)
    logits = torch.randn(6, 4)
    targets = torch.randint(-1, 2, (6, 4), dtype=torch.int8)
    soft = (targets.float() * 2 - 1) * torch.inf
    soft = soft.masked_fill(targets < 0, torch.nan)
    torch.testing.assert_close(
        soft_label_loss(logits, soft, temperature=1.0, reduction=reduction),
        label_loss(logits, targets, reduction=reduction),
    )
