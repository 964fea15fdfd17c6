"""Targets as sequences and the loss by hand."""

import math

import pytest
import torch

from clmil.nn.sequences.likelihood import label_sequences, likelihood_loss, teach
from tests.nn.sequences.conftest import LABELS
from tests.nn.sequences.test_decoder import BEGIN, END, naive_logits, softmax


def test_labels_by_column_then_the_end():
    targets = torch.tensor(
        [[1, 0, 1, 1], [0, 0, 0, 0], [0, 1, -1, 0], [-1, -1, -1, -1]], dtype=torch.int8
    )
    sequences, alive = label_sequences(targets)
    assert sequences.tolist() == [[0, 2, 3, 4], [4, 4, 4, 4], [1, 4, 4, 4], [4, 4, 4, 4]]
    assert alive.int().tolist() == [[1, 1, 1, 1], [1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0]]


def test_every_label_at_once_still_ends():
    sequences, alive = label_sequences(torch.ones(1, 3, dtype=torch.int8))
    assert sequences.tolist() == [[0, 1, 2, 3]]
    assert alive.all()


def test_a_uniform_model_loses_the_logarithm_of_its_tokens():
    """T26 says ln(l + 4); here three of those tokens do not exist."""
    sequences, alive = label_sequences(torch.tensor([[1, 0, 1], [0, 0, 0]], dtype=torch.int8))
    uniform = torch.zeros(2, 3, 4).log_softmax(dim=-1)
    assert likelihood_loss(uniform, sequences, alive).item() == pytest.approx(math.log(4))


def test_loss_is_the_mean_of_tokens():
    log_probabilities = torch.tensor([[[0.5, 0.5], [0.25, 0.75]], [[0.1, 0.9], [0.6, 0.4]]]).log()
    sequences, alive = label_sequences(torch.tensor([[1], [0]], dtype=torch.int8))
    expected = -(math.log(0.5) + math.log(0.75) + math.log(0.9)) / 3
    assert likelihood_loss(log_probabilities, sequences, alive).item() == pytest.approx(expected)


def test_no_tokens_no_loss():
    sequences, alive = label_sequences(torch.full((2, 3), -1, dtype=torch.int8))
    uniform = torch.zeros(2, 1, 4, requires_grad=True)
    loss = likelihood_loss(uniform.log_softmax(dim=-1), sequences, alive)
    loss.backward()
    assert loss.item() == 0
    assert not uniform.grad.any()


@torch.no_grad()
def test_teaching_equals_the_naive_reference(network, memory):
    sequences = torch.tensor([[0, 2, 3, END], [END] * 4, [1, END, END, END], [2, 3, END, END]])
    taught = teach(network.decoder, memory, sequences)
    for row, place in ((0, 2), (1, 0), (2, 1), (3, 2)):
        tokens = [BEGIN, *sequences[row, :place].tolist()]
        logits = naive_logits(network, memory, row, tokens)
        if network.settings.mask_training:
            logits[[k for k in tokens if k < LABELS]] = -float("inf")
        assert taught[row, place].exp().tolist() == pytest.approx(softmax(logits), abs=1e-4)
