"""The contrastive loss of CL-BERT+kNN."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from clmil.nn.neighbour_settings import ContrastSettings
from clmil.nn.neighbours import NeighbourHead, neighbour_loss
from clmil.nn.represented import Represented
from clmil.nn.settings import ClassifierSettings

TEXTS = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0]])
TARGETS = torch.tensor([[1, 1, 0], [1, 0, 0], [1, 1, 1]], dtype=torch.int8)


def naive(texts: torch.Tensor, targets: torch.Tensor, temperature: float) -> float:
    """Add up the loss anchor by anchor."""
    total, size = 0.0, len(texts)
    for i in range(size):
        others = [j for j in range(size) if j != i]
        shared = {j: int(((targets[i] == 1) & (targets[j] == 1)).sum()) for j in others}
        if not sum(shared.values()):
            continue
        near = {j: torch.exp(-torch.dist(texts[i], texts[j]) / temperature) for j in others}
        for j in others:
            beta = shared[j] / sum(shared.values())
            total -= beta * float(torch.log(near[j] / sum(near.values())))
    return total / size


def test_worked_example() -> None:
    loss = neighbour_loss(TEXTS, TARGETS, temperature=1.0)
    assert loss.item() == pytest.approx(0.83792, abs=1e-5)
    assert naive(TEXTS, TARGETS, 1.0) == pytest.approx(0.83792, abs=1e-5)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), size=st.integers(2, 7), temperature=st.sampled_from([0.5, 5.0]))
def test_equals_the_naive_reference(seed: int, size: int, temperature: float) -> None:
    torch.manual_seed(seed)
    texts, targets = torch.randn(size, 3), torch.randint(-1, 2, (size, 4), dtype=torch.int8)
    loss = neighbour_loss(texts, targets, temperature=temperature)
    assert loss.item() == pytest.approx(naive(texts, targets, temperature), abs=1e-5)


def test_every_anchor_counts() -> None:
    """A public re-implementation returned inside its loop over anchors."""
    texts = TEXTS.clone().requires_grad_()
    neighbour_loss(texts, TARGETS, temperature=1.0).backward()
    first = TEXTS.clone().requires_grad_()
    swapped = TARGETS.clone()
    swapped[0] = 0
    neighbour_loss(first, swapped, temperature=1.0).backward()
    assert texts.grad.abs().sum(dim=1).all()
    assert first.grad.abs().sum() > 0


@pytest.mark.parametrize("targets", [torch.eye(3), torch.zeros(3, 3), -torch.ones(3, 3)])
def test_texts_that_share_no_label_contribute_nothing(targets: torch.Tensor) -> None:
    texts = TEXTS.clone().requires_grad_()
    loss = neighbour_loss(texts, targets.to(torch.int8), temperature=1.0)
    loss.backward()
    assert loss == 0
    assert not texts.grad.any()


@pytest.mark.parametrize("normalise", [False, True])
@pytest.mark.parametrize("size", [1, 4])
def test_twin_texts_give_finite_gradients(normalise: bool, size: int) -> None:
    texts = torch.ones(size, 3, requires_grad=True)
    targets = torch.ones(size, 2, dtype=torch.int8)
    loss = neighbour_loss(texts, targets, temperature=0.1, normalise=normalise)
    loss.backward()
    assert loss.item() == pytest.approx(0.0 if size == 1 else torch.tensor(3.0).log().item())
    assert torch.isfinite(texts.grad).all()


def test_normalised_loss_ignores_scale() -> None:
    torch.manual_seed(0)
    texts = torch.randn(3, 4)
    losses = [
        neighbour_loss(texts * scale, TARGETS, temperature=0.1, normalise=True).item()
        for scale in (1.0, 30.0)
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_descent_draws_texts_with_shared_labels_together() -> None:
    torch.manual_seed(0)
    texts = torch.randn(4, 2, requires_grad=True)
    targets = torch.tensor([[1, 0], [1, 0], [0, 1], [0, 1]], dtype=torch.int8)
    optimiser = torch.optim.Adam([texts], lr=0.1)
    for _ in range(100):
        optimiser.zero_grad()
        neighbour_loss(texts, targets, temperature=1.0).backward()
        optimiser.step()
    apart = torch.cdist(texts, texts)
    assert max(apart[0, 1], apart[2, 3]) < apart[:2, 2:].min()


def test_head_adds_up_both_losses_and_trains() -> None:
    torch.manual_seed(0)
    settings = ContrastSettings(weight=0.5, temperature=1.0)
    head = NeighbourHead(settings, ClassifierSettings(), 2, 3)
    texts = TEXTS.clone().requires_grad_()
    seen = Represented(words=TEXTS[:, None], mask=torch.ones(3, 1, dtype=torch.bool), pooled=texts)
    output = head(seen, TARGETS)
    main, contrast = output.parts.tolist()
    assert contrast == pytest.approx(0.83792, abs=1e-5)
    assert output.loss.item() == pytest.approx(main + 0.5 * contrast, rel=1e-6)
    torch.testing.assert_close(output.probabilities, head.output.linear(TEXTS).sigmoid())
    output.loss.backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in head.parameters())
    assert texts.grad.abs().sum() > 0
    assert head(seen).loss is None
