"""LSAN against a naive reference, and what the public code got wrong."""

import numpy as np
import pytest
import torch

from clmil.nn.words.lsan import Lsan
from clmil.nn.words.settings import EmbeddingSettings, LsanSettings

IDS = [2, 9, 11, 3, 7]
GIVEN = torch.tensor([[*IDS, 0, 0]]), torch.tensor([5])


def build(output: str = "label_specific") -> Lsan:
    torch.manual_seed(0)
    told = LsanSettings(
        embedding=EmbeddingSettings(width=6, dropout=0.3), hidden=4, attention=3, output=output
    )
    return Lsan(told, 3, 12).eval()


def numbers(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().double().numpy()


def sigmoid(value: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-value))


def linear(layer: torch.nn.Linear, value: np.ndarray) -> np.ndarray:
    bias = 0 if layer.bias is None else numbers(layer.bias)
    return value @ numbers(layer.weight).T + bias


def naive_lstm(network: Lsan, words: np.ndarray, suffix: str) -> np.ndarray:
    """Run one direction word by word from a zero state: (D, e) to (D, h)."""
    inward = numbers(getattr(network.lstm, f"weight_ih_l0{suffix}"))
    across = numbers(getattr(network.lstm, f"weight_hh_l0{suffix}"))
    bias = sum(numbers(getattr(network.lstm, f"bias_{kind}_l0{suffix}")) for kind in ("ih", "hh"))
    hidden = cell = np.zeros(across.shape[1])
    states = []
    for word in words[::-1] if suffix else words:
        into, forget, new, out = np.split(inward @ word + across @ hidden + bias, 4)
        cell = sigmoid(forget) * cell + sigmoid(into) * np.tanh(new)
        hidden = sigmoid(out) * np.tanh(cell)
        states.append(hidden)
    return np.array(states[::-1] if suffix else states)


def naive_rows(network: Lsan) -> np.ndarray:
    """Return a label's rows of the document, (l, 2h)."""
    words = numbers(network.embedding.table.weight)[IDS]
    forward, backward = naive_lstm(network, words, ""), naive_lstm(network, words, "_reverse")
    states = np.concatenate([forward, backward], axis=1)
    scores = linear(network.outer, np.tanh(linear(network.inner, states)))
    attention = np.exp(scores) / np.exp(scores).sum(axis=0)
    by_itself = attention.T @ states
    labels = numbers(network.labels)
    by_labels = np.concatenate(
        [labels @ forward.T @ forward, labels @ backward.T @ backward], axis=1
    )
    alpha = sigmoid(linear(network.label_share, by_labels))
    beta = sigmoid(linear(network.self_share, by_itself))
    return (alpha * by_labels + beta * by_itself) / (alpha + beta)


def test_label_specific_output_equals_the_naive_reference() -> None:
    network = build()
    first, _, second = network.output
    logits = linear(second, np.maximum(linear(first, naive_rows(network)), 0))[:, 0]
    actual = numbers(network(*GIVEN).probabilities[0])
    np.testing.assert_allclose(actual, sigmoid(logits), atol=1e-6)


def test_average_output_equals_the_naive_reference() -> None:
    network = build("average")
    logits = linear(network.output, naive_rows(network).mean(axis=0))
    actual = numbers(network(*GIVEN).probabilities[0])
    np.testing.assert_allclose(actual, sigmoid(logits), atol=1e-6)


def test_attention_sums_to_one_over_words_and_shares_to_one() -> None:
    network = build()
    states, mask = network.read(*GIVEN)
    attention = network.self_attention(states, mask)
    assert attention.shape == (1, 3, 7)
    assert attention.sum(dim=-1)[0].tolist() == pytest.approx([1.0] * 3)
    assert not attention[..., 5:].any()
    by_labels, by_itself = network.by_labels(states), attention @ states
    alpha = network.shares(by_labels, by_itself)
    assert ((alpha > 0) & (alpha < 1)).all()
    swapped = torch.sigmoid(network.self_share(by_itself))
    beta = swapped / (swapped + torch.sigmoid(network.label_share(by_labels)))
    torch.testing.assert_close(alpha + beta, torch.ones_like(alpha))


def test_the_state_at_the_start_is_not_random() -> None:
    network = build()
    torch.manual_seed(1)
    first = network(*GIVEN).probabilities
    torch.manual_seed(2)
    assert torch.equal(network(*GIVEN).probabilities, first)


def test_words_in_the_past_of_padding_only() -> None:
    """The backward LSTM starts at the last word and not in the padding."""
    network = build()
    states, _ = network.read(*GIVEN)
    alone, _ = network.read(torch.tensor([IDS]), torch.tensor([5]))
    torch.testing.assert_close(states[:, :5], alone)
    assert not states[:, 5:].any()


def test_label_specific_rows_are_independent() -> None:
    network = build()
    before = network(*GIVEN).probabilities
    with torch.no_grad():
        network.labels[1].add_(0.5)
    changed = (network(*GIVEN).probabilities != before)[0].tolist()
    assert changed == [False, True, False]


def test_label_vectors_are_trained_from_the_given_values() -> None:
    first = torch.randn(3, 4)
    told = LsanSettings(embedding=EmbeddingSettings(width=6), hidden=4, attention=3)
    network = Lsan(told, 3, 12, label_vectors=first)
    assert torch.equal(network.labels, first)
    network(*GIVEN, torch.ones(1, 3, dtype=torch.int8)).loss.backward()
    assert network.labels.grad is not None
    assert network.labels.grad.abs().sum() > 0
