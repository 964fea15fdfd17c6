"""The encoder against a naive LSTM, its final states, and padding."""

import numpy as np
import torch

from tests.nn.sequences.conftest import build

IDS = [2, 9, 11, 3]


def numbers(tensor):
    return tensor.detach().double().numpy()


def sigmoid(value):
    return 1 / (1 + np.exp(-value))


def naive_direction(lstm, words, suffix):
    """Run one direction of one layer: states (D, u) in the order of the words, last h and c."""
    names = [f"{kind}_{part}{suffix}" for kind in ("weight", "bias") for part in ("ih", "hh")]
    inward, across, first, second = (numbers(getattr(lstm, name)) for name in names)
    hidden = cell = np.zeros(across.shape[1])
    states = []
    backward = suffix.endswith("reverse")
    for word in words[::-1] if backward else words:
        into, forget, new, out = np.split(inward @ word + across @ hidden + first + second, 4)
        cell = sigmoid(forget) * cell + sigmoid(into) * np.tanh(new)
        hidden = sigmoid(out) * np.tanh(cell)
        states.append(hidden)
    return np.array(states[::-1] if backward else states), hidden, cell


def test_equals_the_naive_reference():
    encoder = build().encoder
    states = numbers(encoder.embedding.table.weight)[IDS]
    memory = encoder(torch.tensor([[*IDS, 0, 0]]), torch.tensor([4]))
    for layer in range(2):
        ways = [
            naive_direction(encoder.lstm, states, f"_l{layer}{way}") for way in ("", "_reverse")
        ]
        states, hidden, cell = (np.concatenate(pair, axis=-1) for pair in zip(*ways, strict=True))
        np.testing.assert_allclose(numbers(memory.hidden[layer, 0]), hidden, atol=1e-6)
        np.testing.assert_allclose(numbers(memory.cell[layer, 0]), cell, atol=1e-6)
    np.testing.assert_allclose(numbers(memory.states[0, :4]), states, atol=1e-6)
    assert not memory.states[0, 4:].any()


def test_what_stands_in_padding_does_not_matter(batch):
    encoder = build().encoder
    expected = encoder(batch["text_ids"], batch["lengths"])
    other = batch["text_ids"].clone()
    other[other == 0] = 7
    longer = torch.nn.functional.pad(other, (0, 3), value=5)
    memory = encoder(longer, batch["lengths"])
    torch.testing.assert_close(memory.states[:, :9], expected.states)
    torch.testing.assert_close(memory.hidden, expected.hidden)
    torch.testing.assert_close(memory.cell, expected.cell)
    assert not memory.states[:, 9:].any()
    assert torch.equal(memory.mask.sum(dim=1), batch["lengths"])
