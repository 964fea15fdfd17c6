"""A teacher's word in the loss of each classifier: its weight, its masks, and shares of a batch."""

import pytest
import torch
from torch import Tensor

from clmil.nn.losses import label_loss, soft_label_loss
from clmil.nn.model import ClMilModel
from clmil.nn.taught import TaughtNetwork
from tests.tiny import tiny_network

NAN = torch.nan
TARGETS = torch.tensor(
    [[1, 0, -1, 0], [0, 1, 1, -1], [-1, -1, -1, -1], [0, 0, 0, 1], [1, 1, 0, 0]], dtype=torch.int8
)
SOFT = torch.tensor(
    [
        [2.0, -3.0, 0.5, NAN],
        [NAN, NAN, NAN, NAN],
        [0.1, -0.2, 4.0, NAN],
        [-1.0, 1.0, -2.0, NAN],
        [16.0, 5.0, -16.0, NAN],
    ],
    dtype=torch.float16,
)


def quiet_network() -> ClMilModel:
    torch.manual_seed(0)
    network = tiny_network()
    for module in network.modules():
        if hasattr(module, "p"):
            module.p = 0.0
    return network.train()


def texts() -> dict[str, Tensor]:
    torch.manual_seed(3)
    return {
        "text_ids": torch.randint(5, 40, (5, 8)),
        "lengths": torch.arange(8, 3, -1),
    }


def taught(network: ClMilModel, weight: float, temperature: float = 1.0) -> TaughtNetwork:
    return TaughtNetwork(network, weight=weight, temperature=temperature).train()


def run(network: torch.nn.Module, **given: Tensor) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    """Return loss, parts and gradients, with the label pairs of one seed."""
    network.zero_grad()
    batch = texts()
    torch.manual_seed(1)
    output = network(**batch, **given)
    output.loss.backward()
    return output.loss.detach(), output.parts, gradients(network)


def gradients(network: torch.nn.Module) -> dict[str, Tensor]:
    return {
        name.removeprefix("network."): torch.zeros_like(one)
        if one.grad is None
        else one.grad.clone()
        for name, one in network.named_parameters()
    }


def close(first: dict[str, Tensor], second: dict[str, Tensor]) -> None:
    assert first.keys() == second.keys()
    for name, value in first.items():
        torch.testing.assert_close(value, second[name], atol=2e-6, rtol=1e-4, msg=name)


@pytest.mark.parametrize("weight", [0.3, 1.0])
@pytest.mark.parametrize("reduction", ["mean", "sum_labels"])
def test_the_loss_of_each_classifier_is_weighed_and_of_other_tasks_is_not(weight, reduction):
    network = quiet_network()
    wanted = {"reduction": reduction, "alpha": 0.7, "beta": 1.6, "clrl": 0.4}
    loss = network.settings.loss.model_copy(update=wanted)
    network.settings = network.settings.model_copy(update={"loss": loss})
    batch = texts()
    torch.manual_seed(1)
    plain = network(**batch, targets=TARGETS)
    assert [term.weight for term in plain.terms] == [0.7, 1.6]
    expected, told = 0.4 * plain.parts[2], 0.0
    for term in plain.terms:
        cells = TARGETS >= 0
        counted = cells.sum() if reduction == "mean" else cells.any(dim=1).sum()
        each = torch.nn.functional.binary_cross_entropy_with_logits(
            term.logits, TARGETS.clamp(min=0).float(), reduction="none"
        )
        share = torch.where(SOFT.isnan(), 1.0, 1.0 - weight)
        hard = (each * cells * share).sum() / counted
        soft = soft_label_loss(term.logits, SOFT, temperature=2.0, reduction=reduction)
        expected = expected + term.weight * (hard + weight * soft)
        told += term.weight * soft.item()
    found, parts, _ = run(taught(network, weight, 2.0), targets=TARGETS, soft=SOFT)
    torch.testing.assert_close(found, expected.detach(), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(parts[:3], plain.parts)
    assert parts[3].item() == pytest.approx(told, rel=1e-5)


def test_a_teacher_that_repeats_the_annotations_changes_nothing_at_weight_1():
    network = quiet_network()
    soft = ((TARGETS.float() * 2 - 1) * torch.inf).masked_fill(TARGETS < 0, NAN)
    loss, parts, slopes = run(network, targets=TARGETS)
    found, more, learnt = run(taught(network, 1.0), targets=TARGETS, soft=soft)
    torch.testing.assert_close(found, loss, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(more[3], parts[0] + parts[1])
    close(learnt, slopes)


def test_where_the_teacher_knows_nothing_the_annotation_counts_in_full():
    network = quiet_network()
    loss, _, slopes = run(network, targets=TARGETS)
    silent = torch.full_like(SOFT, NAN)
    found, parts, learnt = run(taught(network, 1.0), targets=TARGETS, soft=silent)
    assert torch.equal(found, loss)
    assert parts[3] == 0
    close(learnt, slopes)


def test_documents_without_annotations_are_learnt_from_the_teacher_alone():
    network, unknown = quiet_network(), torch.full_like(TARGETS, -1)
    loss, _, slopes = run(network, targets=unknown)
    assert loss == 0
    assert not any(slope.any() for slope in slopes.values())
    found, _, learnt = run(taught(network, 0.5), targets=unknown, soft=SOFT)
    assert found > 0
    assert learnt["fil_head.linear.weight"][:3].any()
    assert not learnt["fil_head.linear.weight"][3].any(), "no teacher knows the last label"


def test_without_soft_targets_the_output_is_the_networks_own():
    network = quiet_network().eval()
    own = network(**texts(), targets=TARGETS)
    seen = taught(network, 0.5).eval()(**texts(), targets=TARGETS)
    assert torch.equal(seen.loss, own.loss)
    assert torch.equal(seen.parts, own.parts)
    assert torch.equal(seen.probabilities, own.probabilities)


@pytest.mark.parametrize("processes", [2, 7])
@pytest.mark.parametrize("reduction", ["mean", "sum_labels"])
def test_losses_and_gradients_of_shares_add_up(processes: int, reduction: str) -> None:
    network = quiet_network()
    loss = network.settings.loss.model_copy(update={"reduction": reduction})
    network.settings = network.settings.model_copy(update={"loss": loss})
    model, batch = taught(network, 0.6, 1.5), texts()
    whole, parts, expected = run(model, targets=TARGETS, soft=SOFT)
    model.zero_grad()
    total, added = 0.0, torch.zeros(4)
    for rank in range(processes):
        rows = list(range(rank, 5, processes))
        own = {name: value[rows or [0]] for name, value in batch.items()}
        torch.manual_seed(1)
        share = model(**own, targets=TARGETS, soft=SOFT, rows=torch.tensor(rows or [-1]))
        share.loss.backward()
        total, added = total + share.loss.item(), added + share.parts
    assert total == pytest.approx(whole.item(), rel=1e-5)
    torch.testing.assert_close(added, parts, rtol=1e-5, atol=1e-6)
    close(expected, gradients(model))


def test_the_hard_loss_is_label_loss() -> None:
    network = quiet_network()
    output = network(**texts(), targets=TARGETS)
    for term, part in zip(output.terms, output.parts, strict=False):
        again = label_loss(term.logits, TARGETS, reduction=term.reduction)
        torch.testing.assert_close(again, part)


def test_a_balanced_loss_is_weighed_as_it_is():
    """With w = 1 and a teacher of every cell nothing is left of it; with w = 0.5 half of it."""
    network = tiny_network(balance={"enabled": True, "loss": "focal"}).eval()
    soft = torch.full(TARGETS.shape, 0.3)
    plain = network(**texts(), targets=TARGETS)
    weights = [term.weight for term in plain.terms]
    hard = [
        label_loss(t.logits, TARGETS, reduction=t.reduction, cell_loss=network.balance)
        for t in plain.terms
    ]
    told = [
        soft_label_loss(t.logits, soft, temperature=1.0, reduction=t.reduction) for t in plain.terms
    ]
    for w in (0.5, 1.0):
        found = TaughtNetwork(network, weight=w, temperature=1.0).eval()(
            **texts(), targets=TARGETS, soft=soft
        )
        pairs = zip(weights, hard, told, strict=True)
        expected = sum(weight * ((1 - w) * h + w * s) for weight, h, s in pairs)
        torch.testing.assert_close(found.loss, expected, atol=1e-5, rtol=1e-5)
