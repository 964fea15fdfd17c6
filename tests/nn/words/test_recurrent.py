"""Reading padded texts against torch's packed sequences, values and gradients."""

import pytest
import torch
from torch import nn

from clmil.nn.words.recurrent import _packed, read_both_ways

LENGTHS = torch.tensor([3, 7, 1, 5])


def lstm(layers):
    torch.manual_seed(0)
    return nn.LSTM(6, 4, num_layers=layers, batch_first=True, bidirectional=True)


def texts(padding):
    words = torch.randn(4, 7, 6, generator=torch.Generator().manual_seed(1))
    for row, length in enumerate(LENGTHS):
        words[row, length:] = padding
    return words.requires_grad_()


def on_words(states):
    return torch.cat([row[:length] for row, length in zip(states, LENGTHS, strict=True)])


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("padding", [0.0, 1e6])
def test_it_is_what_packed_sequences_give(layers, padding):
    read, found, gradients = lstm(layers), {}, {}
    for name, way in (("ours", read_both_ways), ("torch", _packed)):
        words = texts(padding)
        got = way(read, words, LENGTHS)
        found[name] = (on_words(got.states), got.hidden, got.cell)
        loss = sum(
            (one * torch.linspace(-1, 2, one.numel()).view_as(one)).sum() for one in found[name]
        )
        wanted = [words, *read.parameters()]
        gradients[name] = torch.autograd.grad(loss, wanted)
    for ours, theirs in zip(found["ours"], found["torch"], strict=True):
        assert torch.allclose(ours, theirs, atol=1e-6)
    for ours, theirs in zip(gradients["ours"], gradients["torch"], strict=True):
        assert torch.allclose(ours, theirs, atol=1e-5)


def test_dropout_is_between_layers_and_in_training_alone():
    read = nn.LSTM(6, 4, num_layers=2, dropout=0.5, batch_first=True, bidirectional=True)
    twice = [read_both_ways(read, texts(0.0), LENGTHS).states for _ in range(2)]
    assert not torch.equal(*twice)
    read.eval()
    twice = [read_both_ways(read, texts(0.0), LENGTHS).states for _ in range(2)]
    assert torch.equal(*twice)
