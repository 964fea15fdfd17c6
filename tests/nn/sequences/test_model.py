"""The contract, padding and batch invariance, both objectives, and what they learn."""

import pytest
import torch

from clmil.nn.sequences.model import SequenceModel
from clmil.nn.sequences.rewards import set_f1
from clmil.nn.sequences.settings import RewardSettings, SequenceSettings
from clmil.nn.words.settings import EmbeddingSettings
from tests.nn.sequences.conftest import LABELS, VOCABULARY, build


def reinforced(**told):
    network = build(reinforcement=RewardSettings(**told), dropout=0.3).train()
    network.train_for("reward")
    return network


@torch.no_grad()
def test_contract(network, batch):
    output = network(**batch)
    assert output.probabilities.shape == output.sets.shape == (4, LABELS)
    assert output.sets.dtype == torch.int8
    assert torch.isfinite(output.loss)
    assert output.parts.tolist() == [output.loss.item()]
    assert ((output.probabilities >= 0) & (output.probabilities <= 1)).all()
    without = network(batch["text_ids"], batch["lengths"])
    assert without.loss is None
    assert torch.equal(without.sets, output.sets)


@torch.no_grad()
def test_padding_and_company_change_nothing(network, batch):
    together = network(**batch)
    other = torch.nn.functional.pad(batch["text_ids"], (0, 4))
    other[torch.arange(13) >= batch["lengths"][:, None]] = 9
    padded = network(other, batch["lengths"])
    torch.testing.assert_close(padded.probabilities, together.probabilities, atol=1e-5, rtol=0)
    assert torch.equal(padded.sets, together.sets)
    for row, length in enumerate(batch["lengths"].tolist()):
        ids = batch["text_ids"][row : row + 1, : max(length, 1)]
        alone = network(ids, batch["lengths"][row : row + 1])
        torch.testing.assert_close(
            alone.probabilities[0], together.probabilities[row], atol=1e-5, rtol=0
        )
        assert torch.equal(alone.sets[0], together.sets[row])


@torch.no_grad()
def test_prediction_is_free_of_chance(network, batch):
    torch.manual_seed(5)
    first = network(**batch)
    torch.manual_seed(6)
    second = network(**batch)
    assert torch.equal(first.probabilities, second.probabilities)
    assert first.loss == second.loss


def test_rows_that_nobody_annotated_are_left_out(network, batch):
    whole = network(**batch).loss
    kept = {name: value[:3] for name, value in batch.items()}
    torch.testing.assert_close(network(**kept).loss, whole)


def test_an_unknown_cell_is_not_part_of_the_sequence(network, batch):
    as_absent = batch["targets"].clone()
    as_absent[1, 2] = 0
    expected = network(batch["text_ids"], batch["lengths"], as_absent).loss
    torch.testing.assert_close(network(**batch).loss, expected)


def test_training_reaches_every_parameter(network, batch):
    output = network.train()(**batch)
    output.loss.backward()
    assert output.probabilities is None
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
        assert parameter.grad.any() or "weight_hh" in name, name


@pytest.mark.parametrize("share", [0.0, 0.25])
def test_reward_objective(batch, share):
    network = reinforced(likelihood=share)
    output = network(**batch)
    assert len(output.parts) == (2 if share else 1)
    if share:
        expected = (1 - share) * output.parts[0] + share * output.parts[1]
        torch.testing.assert_close(output.loss.detach(), expected)
    output.loss.backward()
    assert network.training  # the greedy pass was in eval mode, and gave the mode back
    evaluated = network.eval()(**batch)
    assert evaluated.loss.item() == pytest.approx(evaluated.parts.item())  # the likelihood's


def test_the_greedy_baseline_has_no_dropout(batch):
    network = reinforced()
    given = batch["text_ids"], batch["lengths"]
    assert torch.equal(network._greedy(*given), network._greedy(*given))


def toy(seed=0):
    """32 texts; label k is on where word 2 + k stands, among fillers."""
    generator = torch.Generator().manual_seed(seed)
    targets = (torch.rand(32, LABELS, generator=generator) < 0.4).to(torch.int8)
    ids = torch.randint(7, VOCABULARY, (32, 8), generator=generator)
    places = torch.rand(32, 8, generator=generator).argsort(dim=1)[:, :LABELS]
    words = torch.where(targets == 1, torch.arange(2, 2 + LABELS), ids.gather(1, places))
    lengths = torch.full((32,), 8)
    return ids.scatter(1, places, words), lengths, targets


def learn(network, given, steps, rate):
    optimizer = torch.optim.Adam(network.parameters(), lr=rate)
    network.train()
    for _ in range(steps):
        optimizer.zero_grad()
        network(*given).loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
    return network.eval()


@pytest.mark.parametrize("ge", [False, True])
def test_fits_32_documents(ge):
    torch.manual_seed(0)
    told = SequenceSettings(
        embedding=EmbeddingSettings(width=16),
        label_width=16,
        hidden=16,
        layers=1,
        decoder_layers=1,
        dropout=0.1,
        global_embedding=ge,
    )
    given = toy()
    network = learn(SequenceModel(told, LABELS, VOCABULARY), given, 120, 0.02)
    with torch.no_grad():
        sets = network(*given).sets
    assert set_f1(sets.bool(), given[2]).mean() > 0.95


def test_reinforcement_raises_the_reward():
    """Started halfway, the reward alone brings the sets nearer to the targets."""
    torch.manual_seed(0)
    told = SequenceSettings(
        embedding=EmbeddingSettings(width=16),
        label_width=16,
        hidden=16,
        layers=1,
        decoder_layers=1,
        dropout=0.0,
    )
    given = toy()
    network = learn(SequenceModel(told, LABELS, VOCABULARY), given, 14, 0.02)
    with torch.no_grad():
        before = set_f1(network(*given).sets.bool(), given[2]).mean()
    network.train_for("reward")
    learn(network, given, 80, 0.005)
    with torch.no_grad():
        after = set_f1(network(*given).sets.bool(), given[2]).mean()
    assert after > before + 0.05, (before, after)
