"""What every word-level network keeps to."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from clmil.decisions.metrics import score
from clmil.nn.precision import int8_is_exact

Batch = dict[str, Tensor]


def probabilities(network: nn.Module, ids: Tensor, lengths: Tensor) -> Tensor:
    with torch.no_grad():
        return network(ids, lengths).probabilities


def test_output(network: nn.Module, batch: Batch) -> None:
    output = network(**batch)
    assert output.probabilities.shape == (3, 4)
    assert ((output.probabilities > 0) & (output.probabilities < 1)).all()
    assert output.loss.shape == ()
    assert output.parts[0] > 0
    assert not output.parts.requires_grad
    bare = network(batch["text_ids"], batch["lengths"])
    assert bare.loss is None
    assert bare.parts is None
    torch.testing.assert_close(bare["probabilities"], output.probabilities)


def test_padding_changes_nothing(network: nn.Module, batch: Batch) -> None:
    ids, lengths = batch["text_ids"], batch["lengths"]
    expected = probabilities(network, ids, lengths)
    for filler in (0, 3):
        padded = torch.cat([ids, torch.full((3, 60), filler)], dim=1)
        padded[torch.arange(69) >= lengths[:, None]] = filler
        actual = probabilities(network, padded, lengths)
        torch.testing.assert_close(actual, expected, atol=1e-6, rtol=0)


def test_a_text_alone_is_the_text_in_a_batch(network: nn.Module, batch: Batch) -> None:
    ids, lengths = batch["text_ids"], batch["lengths"]
    expected = probabilities(network, ids, lengths)
    for row in range(3):
        size = max(int(lengths[row]), 1)
        alone = probabilities(network, ids[row : row + 1, :size], lengths[row : row + 1])
        torch.testing.assert_close(alone[0], expected[row], atol=1e-6, rtol=0)


def test_two_passes_are_equal(network: nn.Module, batch: Batch) -> None:
    ids, lengths = batch["text_ids"], batch["lengths"]
    assert torch.equal(probabilities(network, ids, lengths), probabilities(network, ids, lengths))


def test_no_text_has_words(network: nn.Module, batch: Batch) -> None:
    network.train()
    batch = {**batch, "lengths": torch.zeros(3, dtype=torch.int64)}
    output = network(**batch)
    output.loss.backward()
    assert torch.isfinite(output.probabilities).all()
    assert all(torch.isfinite(p.grad).all() for p in network.parameters() if p.grad is not None)


@pytest.mark.skipif(not int8_is_exact(), reason="this processor has no kernels for 16 bits")
def test_half_precision(network: nn.Module, batch: Batch) -> None:
    expected = network(**batch)
    with torch.autocast("cpu", torch.bfloat16):
        output = network(**batch)
    output.loss.backward()
    assert output.probabilities.dtype == torch.float32
    torch.testing.assert_close(output.probabilities, expected.probabilities, atol=0.02, rtol=0)


def trained(network: nn.Module) -> dict[str, nn.Parameter]:
    return {name: p for name, p in network.named_parameters() if p.requires_grad}


def test_gradients_reach_every_parameter(network: nn.Module, batch: Batch) -> None:
    network(**batch).loss.backward()
    for name, parameter in trained(network).items():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_padding_stays_zero_and_all_else_moves(network: nn.Module, batch: Batch) -> None:
    network.train()
    before = {name: p.detach().clone() for name, p in network.named_parameters()}
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.01, weight_decay=0.1)
    for _ in range(3):  # a unit may be dropped in one step
        optimiser.zero_grad()
        network(**batch).loss.backward()
        optimiser.step()
    for name, parameter in network.named_parameters():
        assert torch.equal(parameter, before[name]) != parameter.requires_grad, name
    assert not network.embedding.table.weight[0].any()


def test_unknown_cells_are_masked(network: nn.Module, batch: Batch) -> None:
    """Neither loss nor gradient of a document without a known cell is seen."""
    targets = batch["targets"].clone()
    targets[1] = -1
    both = network(batch["text_ids"], batch["lengths"], targets)
    rows = torch.tensor([0, 2])
    ids, lengths = batch["text_ids"][rows], batch["lengths"][rows]
    known = network(ids, lengths, targets[rows])
    torch.testing.assert_close(both.loss, known.loss)
    torch.testing.assert_close(both.parts, known.parts)


def test_fits_toy_documents(network: nn.Module) -> None:
    """A word tells each label; labels aligned with their columns are learnt soon."""
    torch.manual_seed(2)
    documents = 8
    ids = torch.randint(8, 20, (documents, 6))
    targets = torch.zeros(documents, 4, dtype=torch.int8)
    for row in range(documents):
        for label in (row % 4, (row + row // 4) % 4):
            targets[row, label] = 1
            ids[row, label] = 2 + label
    lengths = torch.full((documents,), 6)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.02)
    batch: dict[str, Any] = {"text_ids": ids, "lengths": lengths, "targets": targets}
    network.train()
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    for _ in range(120):
        optimiser.zero_grad()
        network(**batch).loss.backward()
        optimiser.step()
    network.eval()
    predicted = (probabilities(network, ids, lengths) > 0.5).numpy()
    assert score(targets.numpy(), predicted).micro_f1 > 0.95
