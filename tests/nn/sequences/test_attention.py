"""Attention against the equation, and its grouping of rows by text."""

import numpy as np
import torch

from clmil.nn.sequences.attention import Attention
from clmil.nn.sequences.encoder import Memory


def given():
    torch.manual_seed(0)
    mask = torch.tensor([[True, True, False], [True, True, True], [False, False, False]])
    states = torch.randn(3, 3, 4).masked_fill(~mask[..., None], 0.0)
    nothing = torch.zeros(1, 3, 4)
    return (
        Attention(4),
        torch.randn(6, 4),
        Memory(states=states, mask=mask, hidden=nothing, cell=nothing),
    )


def test_equals_the_equation():
    attention, states, memory = given()
    output, context = attention(states, memory)
    query, mix, bias = (
        values.detach().numpy()
        for values in (attention.query.weight, attention.mix.weight, attention.mix.bias)
    )
    for row, state in enumerate(states.numpy()):
        words = memory.states[row // 2][memory.mask[row // 2]].numpy()
        scores = words @ (query @ state)
        shares = np.exp(scores) / np.exp(scores).sum()
        expected = shares @ words  # zero without words
        np.testing.assert_allclose(context[row].detach(), expected, atol=1e-6)
        mixed = np.tanh(mix @ np.concatenate([expected, state]) + bias)
        np.testing.assert_allclose(output[row].detach(), mixed, atol=1e-6)


def test_weights_sum_to_one_over_words():
    attention, states, memory = given()
    weights = attention.weights(states.view(3, 2, 4), memory)
    torch.testing.assert_close(weights.sum(dim=-1), torch.tensor([[1.0, 1], [1, 1], [0, 0]]))
    assert not weights[0, :, 2].any()
