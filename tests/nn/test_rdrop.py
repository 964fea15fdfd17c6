"""R-Drop: the divergence of two passes, and the loss of a batch laid twice."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from clmil.nn.losses import label_loss
from clmil.nn.model import ClMilModel
from clmil.nn.outputs import HeadLogits
from clmil.nn.rdrop import divergence, rdrop_loss, twice, twice_rows
from clmil.nn.settings import LossSettings
from clmil.training.memory import kept_bytes

Build = Callable[..., ClMilModel]
Batch = dict[str, Tensor]
STILL = {
    "encoder": {"hidden_dropout": 0.0, "attention_dropout": 0.0},
    "cil": {"gate_dropout": 0.0},
}
OFF = {"enabled": False}


def bernoulli_kl(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    kl: np.ndarray = p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))
    return kl


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_divergence_is_the_mean_of_both_directions_of_kl(seed: int) -> None:
    logits = np.random.default_rng(seed).normal(scale=3, size=(6, 4))
    first, second = (1 / (1 + np.exp(-logits[start::2])) for start in (0, 1))
    expected = (bernoulli_kl(first, second) + bernoulli_kl(second, first)) / 2
    found = divergence(torch.tensor(logits))
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    swapped = torch.tensor(logits).view(3, 2, 4).flip(1).flatten(0, 1)
    torch.testing.assert_close(divergence(swapped), found)


def test_equal_passes_do_not_diverge_and_extremes_stay_finite() -> None:
    same = twice(torch.randn(3, 4)).requires_grad_()
    divergence(same).sum().backward()
    assert not divergence(same).any()
    assert same.grad is not None
    assert not same.grad.any()
    assert divergence(torch.tensor([[500.0], [-500.0]], dtype=torch.bfloat16)).tolist() == [[500.0]]


def test_gradient_goes_through_both_passes() -> None:
    torch.manual_seed(0)
    logits = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(divergence, logits)
    divergence(logits).sum().backward()
    assert logits.grad is not None
    assert logits.grad.all()


@pytest.mark.parametrize(("reduction", "size"), [("mean", 4), ("sum_labels", 2)])
def test_heads_are_weighted_and_unknown_cells_left_out(reduction: str, size: int) -> None:
    torch.manual_seed(0)
    cil, fil = torch.randn(2, 6, 3).requires_grad_().unbind()
    cil.retain_grad()
    targets = torch.tensor([[1, 0, -1], [-1, -1, -1], [0, 1, -1]])
    wanted = LossSettings.model_validate({"alpha": 0.7, "beta": 0.2, "reduction": reduction})
    known = (targets >= 0).float()
    expected = sum(
        weight * (divergence(one) * known).sum() / size for one, weight in ((cil, 0.7), (fil, 0.2))
    )
    found = rdrop_loss(HeadLogits(cil, fil), targets, wanted)
    torch.testing.assert_close(found, expected)
    found.backward()
    assert cil.grad is not None
    assert not cil.grad[twice(targets) < 0].any()
    alone = rdrop_loss(HeadLogits(cil, None), targets, wanted)
    torch.testing.assert_close(alone, 0.7 * (divergence(cil) * known).sum() / size)


def test_copies_lie_beside_each_other() -> None:
    assert twice(torch.tensor([3, 1])).tolist() == [3, 3, 1, 1]
    assert twice_rows(torch.tensor([4, -1, 0])).tolist() == [8, 9, -1, -1, 0, 1]


@pytest.mark.parametrize("reduction", ["mean", "sum_labels"])
@pytest.mark.parametrize("weight", [0.0, 3.0])
def test_without_dropout_it_is_the_plain_loss(
    build: Build, batch: Batch, reduction: str, weight: float
) -> None:
    batch["targets"][0, 1] = -1
    sections = {**STILL, "clrl": OFF, "loss": {"reduction": reduction}}
    plain = build(**sections).train()
    double = build(**sections, rdrop={"enabled": True, "weight": weight}).train()
    first, second = plain(**batch), double(**batch)
    torch.testing.assert_close(first.loss, second.loss)
    torch.testing.assert_close(first.parts, second.parts[:3])
    assert second.parts[3] < 1e-9
    torch.testing.assert_close(first.probabilities, second.probabilities)
    first.loss.backward()
    second.loss.backward()
    for (name, one), other in zip(plain.named_parameters(), double.parameters(), strict=True):
        if one.grad is None:
            assert other.grad is None, name
            continue
        torch.testing.assert_close(one.grad, other.grad, atol=1e-6, rtol=1e-4, msg=name)


def test_the_loss_is_the_mean_of_both_passes_and_the_weighted_divergence(
    build: Build, batch: Batch
) -> None:
    weights = {"alpha": 0.7, "beta": 1.3, "clrl": 0.4}
    model = build(rdrop={"enabled": True, "weight": 2.0}, loss=weights).train()
    heads: list[Tensor] = []
    for head in (model.cil_head, model.fil_head):
        head.register_forward_hook(lambda module, given, made: heads.append(made))
    output = model(**batch)
    fil, cil = heads  # in the order in which they are run
    assert not torch.equal(cil[::2], cil[1::2])
    expected = []
    for one in (cil, fil):
        passes = [label_loss(one[start::2], batch["targets"], reduction="mean") for start in (0, 1)]
        expected.append(sum(passes) / 2)
    torch.testing.assert_close(output.parts[:2], torch.stack(expected))
    apart = 0.7 * divergence(cil).mean() + 1.3 * divergence(fil).mean()
    torch.testing.assert_close(output.parts[3], apart.detach())
    assert output.parts[2] > 0
    total = torch.tensor([0.7, 1.3, 0.4, 2.0]) @ output.parts
    torch.testing.assert_close(output.loss.detach(), total)
    assert output.probabilities.shape == (3, 4)


def test_relations_are_learned_on_both_copies(build: Build, batch: Batch) -> None:
    model = build(rdrop={"enabled": True}).train()
    drawn: list[Tensor] = []
    model.clrl.register_forward_hook(lambda module, given, made: drawn.append(given[1].document))
    model(**batch)
    assert drawn[0].tolist() == [0, 1, 2, 3, 4, 5]


def test_predicting_takes_one_pass(build: Build, batch: Batch) -> None:
    plain, double = build(), build(rdrop={"enabled": True})
    first, second = plain(**batch), double(**batch)
    assert torch.equal(first.probabilities, second.probabilities)
    assert torch.equal(first.loss, second.loss)
    assert second.parts.shape == (3,)
    del batch["targets"]
    assert double.train()(**batch).probabilities.shape == (3, 4)


def test_the_memory_of_both_passes_is_told_ahead(build: Build, batch: Batch) -> None:
    plain, double = build(), build(rdrop={"enabled": True})
    one, two = (kept_bytes(model, batch, bf16=False) for model in (plain, double))
    assert 1.8 * one < two < 2.2 * one
    assert not double.training


@pytest.mark.parametrize("part", ["balance", "rdrop"])
def test_heads_with_a_loss_of_their_own_refuse_it(build: Build, part: str) -> None:
    config = build(fil=OFF, cil=OFF, clrl=OFF, **{part: {"enabled": True}}).config
    config.head = {"kind": "laco"}
    with pytest.raises(ValueError, match="has its own loss"):
        ClMilModel(config)
