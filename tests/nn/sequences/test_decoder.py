"""One step against the equations, masks, and the state that follows its sequence."""

import numpy as np
import pytest
import torch

from clmil.nn.sequences.decoder import allowed, masked_log_softmax
from tests.nn.sequences.conftest import LABELS, build
from tests.nn.sequences.test_encoder import numbers, sigmoid

END, BEGIN = LABELS, LABELS + 1


def linear(layer, value):
    return numbers(layer.weight) @ value + numbers(layer.bias)


def softmax(scores):
    shares = np.exp(scores - scores.max())
    return shares / shares.sum()


def naive_logits(network, memory, row, tokens):
    """Score the token after `tokens` for one text, step by step as the equations say."""
    decoder, told = network.decoder, network.settings
    layers = range(told.decoder_layers)
    hidden = [numbers(memory.hidden[len(memory.hidden) - len(layers) + k, row]) for k in layers]
    cell = [numbers(memory.cell[len(memory.cell) - len(layers) + k, row]) for k in layers]
    words = numbers(memory.states[row][memory.mask[row]])
    table, context = numbers(decoder.table.weight), np.zeros_like(hidden[0])
    previous = np.eye(LABELS + 2)[BEGIN]
    for place, token in enumerate(tokens):
        vector = table[token]
        if told.global_embedding:
            mean = previous @ table
            gate = sigmoid(linear(decoder.gate, np.concatenate([vector, mean])))
            vector = gate * mean + (1 - gate) * vector
        inputs = np.concatenate([vector, context]) if told.input_feed else vector
        for k in layers:
            inward, across, first, second = (
                numbers(getattr(decoder.lstm, f"{kind}_{part}_l{k}"))
                for kind in ("weight", "bias")
                for part in ("ih", "hh")
            )
            gates = np.split(inward @ inputs + across @ hidden[k] + first + second, 4)
            cell[k] = sigmoid(gates[1]) * cell[k] + sigmoid(gates[0]) * np.tanh(gates[2])
            inputs = hidden[k] = sigmoid(gates[3]) * np.tanh(cell[k])
        scores = words @ (numbers(decoder.attention.query.weight) @ inputs)
        context = softmax(scores) @ words if len(words) else np.zeros_like(inputs)
        mixed = np.tanh(linear(decoder.attention.mix, np.concatenate([context, inputs])))
        logits = linear(decoder.output, mixed)
        open_ = logits.copy()
        if told.mask_training:
            open_[[k for k in tokens[: place + 1] if k < LABELS]] = -np.inf
        previous = np.append(softmax(open_), 0.0)
    return logits


def test_steps_equal_the_naive_reference(network, memory):
    sequence = [BEGIN, 2, 0, 3]
    state = network.decoder.start(memory)
    for place, token in enumerate(sequence):
        tokens = torch.full((4,), token)
        logits, state = network.decoder.step(tokens, state, memory)
        for row in range(4):
            expected = naive_logits(network, memory, row, sequence[: place + 1])
            np.testing.assert_allclose(numbers(logits[row]), expected, atol=2e-5)
    assert state.emitted.tolist() == [[True, False, True, True]] * 4


def test_a_state_takes_its_labels_along(network, memory):
    """The public code left the masks in their old places when a beam was reordered."""
    decoder = network.decoder
    _, state = decoder.step(torch.tensor([0, 1, 2, 3]), decoder.start(memory), memory)
    turned = state.select(torch.tensor([3, 3, 0, 1]))
    assert turned.emitted.int().argmax(dim=1).tolist() == [3, 3, 0, 1]
    assert torch.equal(turned.hidden[:, 2], state.hidden[:, 0])
    assert torch.equal(turned.cell[:, 0], state.cell[:, 3])


def test_what_may_follow():
    emitted = torch.tensor([[0, 0, 0], [0, 1, 0], [1, 1, 0], [1, 1, 1]], dtype=torch.bool)
    assert allowed(emitted, limit=3).int().tolist() == [
        [1, 1, 1, 1],
        [1, 0, 1, 1],
        [0, 0, 1, 1],
        [0, 0, 0, 1],
    ]
    assert allowed(emitted, limit=2)[2].tolist() == [False, False, False, True]
    assert allowed(emitted, limit=3, never_empty=True)[:, 3].tolist() == [False, True, True, True]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_masked_probabilities_sum_to_one(dtype):
    mask = torch.tensor([[True, False, True]])
    shares = masked_log_softmax(torch.tensor([[1.0, 50.0, 1.0]], dtype=dtype), mask).exp()
    assert shares[0].tolist() == pytest.approx([0.5, 0.0, 0.5])
    assert shares.element_size() >= 4


def test_no_token_beside_labels_and_the_end():
    assert build().decoder.output.out_features == LABELS + 1
