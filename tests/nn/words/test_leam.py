"""LEAM in both forms against naive references."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from clmil.nn.words.leam import Leam, same_conv
from clmil.nn.words.leam_labelwise import LeamLabelwise
from clmil.nn.words.settings import EmbeddingSettings, LeamLabelwiseSettings, LeamSettings

IDS = [2, 9, 11, 3, 7]
GIVEN = torch.tensor([[*IDS, 0, 0]]), torch.tensor([5])


def leam(labels: int = 3, **options: object) -> Leam:
    torch.manual_seed(0)
    told = {"embedding": EmbeddingSettings(width=4), "hidden": 5, "kernel": 3, **options}
    return Leam(LeamSettings(**told), labels, 12).eval()


def labelwise(kernel: int = 4) -> LeamLabelwise:
    torch.manual_seed(0)
    told = LeamLabelwiseSettings(embedding=EmbeddingSettings(width=4), kernel=kernel)
    return LeamLabelwise(told, 3, 12).eval()


def numbers(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().double().numpy()


def naive_conv(states: np.ndarray, conv: torch.nn.Conv1d) -> np.ndarray:
    """Convolve (D, c) to (D, c') as TensorFlow's SAME does, and take the ReLU."""
    weight, bias = numbers(conv.weight), numbers(conv.bias)
    span, left = weight.shape[2], (weight.shape[2] - 1) // 2
    result = np.tile(bias, (len(states), 1))
    for row in range(len(states)):
        for tap in range(span):
            seen = row + tap - left
            if 0 <= seen < len(states):
                result[row] += weight[:, :, tap] @ states[seen]
    return np.maximum(result, 0)


def softmax(scores: np.ndarray) -> np.ndarray:
    return np.exp(scores) / np.exp(scores).sum(axis=0)


@pytest.mark.parametrize("kernel", [1, 3, 4, 55])
def test_leam_equals_the_naive_reference(kernel: int) -> None:
    network = leam(kernel=kernel)
    words, labels = numbers(network.embedding.table.weight)[IDS], numbers(network.labels)
    unit = words / np.linalg.norm(words, axis=1, keepdims=True)
    cosines = unit @ (labels / np.linalg.norm(labels, axis=1, keepdims=True)).T
    weights = softmax(naive_conv(cosines, network.phrases).max(axis=1))
    text, actual = network.attend(*GIVEN)
    np.testing.assert_allclose(numbers(actual[0, :5]), weights, atol=1e-6)
    np.testing.assert_allclose(numbers(text[0]), weights @ words, atol=1e-6)
    assert actual.sum().item() == pytest.approx(1)
    assert not actual[0, 5:].any()


def test_leam_with_an_identity_phrase_is_a_softmax_of_cosines() -> None:
    network = leam(labels=1, kernel=1)
    with torch.no_grad():
        network.phrases.weight.fill_(1.0)
        network.phrases.bias.fill_(1.0)  # cosines above -1 survive the ReLU
    words = network.embedding.table.weight[IDS]
    cosines = functional.cosine_similarity(words, network.labels)
    expected = (cosines.softmax(dim=0)[:, None] * words).sum(dim=0)
    torch.testing.assert_close(network.attend(*GIVEN)[0][0], expected)


def test_leam_loss_by_hand() -> None:
    network = leam(penalty=0.5)
    targets = torch.tensor([[1, 0, 0]], dtype=torch.int8)
    output = network(*GIVEN, targets)
    p, q = numbers(output.probabilities[0]), numbers(network.classify(network.labels).sigmoid())
    main = -np.log([p[0], 1 - p[1], 1 - p[2]]).mean()
    penalty = -np.log(np.where(np.eye(3) == 1, q, 1 - q)).mean()
    np.testing.assert_allclose(numbers(output.parts), [main, penalty], rtol=1e-5)
    assert output.loss.item() == pytest.approx(main + 0.5 * penalty, rel=1e-5)


def test_leam_categorical_penalty_by_hand() -> None:
    network = leam(penalty_loss="categorical")
    logits = numbers(network.classify(network.labels))
    expected = np.mean(np.log(np.exp(logits).sum(axis=1)) - np.diag(logits))
    assert network.label_penalty().item() == pytest.approx(expected, rel=1e-5)


def test_leam_survives_large_scores() -> None:
    network = leam()
    with torch.no_grad():
        network.phrases.weight.mul_(1e4)
    text, weights = network.attend(*GIVEN)
    assert torch.isfinite(text).all()
    assert weights.sum().item() == pytest.approx(1)


@pytest.mark.parametrize("kernel", [1, 4, 10])
def test_labelwise_equals_the_naive_reference(kernel: int) -> None:
    network = labelwise(kernel)
    words = numbers(network.embedding.table.weight)[IDS]
    phrases = naive_conv(words, network.phrases)
    weights = softmax(phrases @ numbers(network.labels).T)
    rows, actual = network.attend(*GIVEN)
    np.testing.assert_allclose(numbers(actual[0, :, :5]).T, weights, atol=1e-6)
    np.testing.assert_allclose(numbers(rows[0]), weights.T @ phrases, atol=1e-6)
    own = (weights.T @ phrases * numbers(network.output.weight)).sum(axis=1)
    own += numbers(network.output.bias)
    probabilities = network(*GIVEN).probabilities[0]
    np.testing.assert_allclose(numbers(probabilities), 1 / (1 + np.exp(-own)), atol=1e-6)


def test_labelwise_can_predict_several_labels() -> None:
    """The public script scored a softmax across labels, of which one at most exceeds 0.5."""
    network = labelwise()
    with torch.no_grad():
        network.output.bias.fill_(3.0)
    assert (network(*GIVEN).probabilities > 0.5).all()


def test_labelwise_output_units_are_independent() -> None:
    network = labelwise()
    before = network(*GIVEN).probabilities
    with torch.no_grad():
        network.labels[1].add_(1.0)
        network.output.weight[1].mul_(-1.0)
    after = network(*GIVEN).probabilities
    changed = (before != after)[0].tolist()
    assert changed == [False, True, False]


def test_same_conv_keeps_the_length_of_any_kernel() -> None:
    states = torch.randn(2, 3, 7)
    for kernel in (1, 2, 9, 10):
        assert same_conv(torch.nn.Conv1d(3, 5, kernel), states).shape == (2, 5, 7)
