"""LACO's head: cross attention, losses, masks."""

import warnings

import numpy as np
import pytest
import torch

from clmil.nn.laco import LacoHead
from clmil.nn.laco_settings import LacoSettings
from clmil.nn.represented import Represented
from clmil.nn.settings import ClassifierSettings

TASKS = ["none", "pairs", "conditional"]
TARGETS = torch.tensor([[1, 1, 0], [0, 1, 0]], dtype=torch.int8)


def head(classifier: ClassifierSettings | None = None, **options: object) -> LacoHead:
    torch.manual_seed(0)
    settings = LacoSettings(**{"kernel": 4, **options})
    return LacoHead(settings, classifier or ClassifierSettings(), 5, 3).eval()


def states() -> Represented:
    torch.manual_seed(4)
    words, labels, pooled = torch.randn(2, 6, 5), torch.randn(2, 3, 5), torch.randn(2, 5)
    mask = torch.ones(2, 6, dtype=torch.bool)
    return Represented(words=words, mask=mask, pooled=pooled, labels=labels)


def naive_probabilities(network: LacoHead, words: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Compute one document's probabilities with loops over the map of words and labels."""
    unit = words / np.linalg.norm(words, axis=1, keepdims=True)
    cosines = unit @ (labels / np.linalg.norm(labels, axis=1, keepdims=True)).T
    weight = network.attention.conv.weight.detach().double().numpy()[:, 0]
    bias = network.attention.conv.bias.detach().double().numpy()
    filters, span, _ = weight.shape
    left = (span - 1) // 2
    padded = np.pad(cosines, (left, span - 1 - left))
    scores = np.zeros(len(words))
    for row in range(len(words)):
        window = [padded[row : row + span, k : k + span] for k in range(len(labels))]
        values = [
            max((weight[f] * part).sum() + bias[f], 0.0) for part in window for f in range(filters)
        ]
        scores[row] = np.tanh(max(values))
    features = (scores[:, None] * unit).sum(axis=0)
    logits = network.output.linear.weight.detach().double().numpy() @ features
    logits += network.output.linear.bias.detach().double().numpy()
    return 1 / (1 + np.exp(-logits))


@pytest.mark.parametrize("kernel", [1, 3, 4, 10])
def test_equals_the_naive_reference(kernel: int) -> None:
    network = head(kernel=kernel)
    seen = states()
    actual = network(seen).probabilities.detach().numpy()
    for row in range(2):
        words, labels = seen.words[row].double().numpy(), seen.labels[row].numpy()
        expected = naive_probabilities(network, words, labels)
        np.testing.assert_allclose(actual[row], expected, atol=1e-6)


@pytest.mark.parametrize("conv", ["conv2d", "conv1d"])
@pytest.mark.parametrize("kernel", [3, 10])
def test_padding_changes_nothing(conv: str, kernel: int) -> None:
    network = head(conv=conv, kernel=kernel)
    seen = states()
    expected = network(seen).probabilities
    padded = torch.cat([seen.words, torch.full((2, 30, 5), 1e6)], dim=1)
    wider = torch.cat([seen.mask, torch.zeros(2, 30, dtype=torch.bool)], dim=1)
    actual = network(seen._replace(words=padded, mask=wider)).probabilities
    torch.testing.assert_close(actual, expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("task", TASKS)
def test_a_document_alone_is_the_document_in_a_batch(task: str) -> None:
    network = head(task=task)
    seen = states()
    both = network(seen).probabilities
    alone = network(Represented(*(part[:1] for part in seen))).probabilities
    torch.testing.assert_close(alone[0], both[0])


@pytest.mark.parametrize(("task", "weight"), [("none", 0.0), ("pairs", 1.0), ("conditional", 5.0)])
def test_total_loss(task: str, weight: float) -> None:
    network = head(task=task).train()
    torch.manual_seed(1)
    output = network(states(), TARGETS)
    parts = output.parts.tolist()
    assert len(parts) == (1 if task == "none" else 2)
    expected = parts[0] + weight * (parts[1] if weight else 0)
    assert output.loss.item() == pytest.approx(expected, rel=1e-6)
    p = output.probabilities.detach().double().numpy()
    terms = -np.log(np.where(TARGETS.numpy() == 1, p, 1 - p))
    assert parts[0] == pytest.approx(terms.sum(axis=1).mean(), rel=1e-5)


def test_weight_of_the_second_task_can_be_set() -> None:
    network = head(task="conditional", task_weight=0.5).train()
    torch.manual_seed(1)
    output = network(states(), TARGETS)
    first, second = output.parts.tolist()
    assert output.loss.item() == pytest.approx(first + 0.5 * second, rel=1e-6)


@pytest.mark.parametrize("task", TASKS)
def test_the_second_task_is_for_training_alone(task: str) -> None:
    network = head(task=task)
    output = network(states(), TARGETS)
    assert output.loss.item() == pytest.approx(output.parts[0].item())
    plain = head(task="none")
    plain.attention, plain.output = network.attention, network.output
    assert torch.equal(plain(states()).probabilities, output.probabilities)


@pytest.mark.parametrize("task", TASKS)
def test_gradients_reach_every_parameter(task: str) -> None:
    """The public code never trains its heads."""
    network = head(task=task).train()
    seen = states()
    seen.words.requires_grad_()
    seen.labels.requires_grad_()
    network(seen, TARGETS).loss.backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name
    assert seen.words.grad.abs().sum() > 0
    assert seen.labels.grad.abs().sum() > 0


@pytest.mark.parametrize("task", TASKS)
def test_unknown_documents_are_masked(task: str) -> None:
    network = head(task=task).train()
    seen = states()
    torch.manual_seed(1)
    seen.labels.requires_grad_()
    targets = TARGETS.clone()
    targets[1] = -1
    network(seen, targets).loss.backward()
    assert seen.labels.grad[0].abs().sum() > 0
    assert not seen.labels.grad[1].any()


@pytest.mark.parametrize("task", TASKS)
def test_half_precision(task: str) -> None:
    network = head(task=task).train()
    expected = network(states(), TARGETS)
    with torch.autocast("cpu", torch.bfloat16):
        output = network(states(), TARGETS)
    output.loss.backward()
    torch.testing.assert_close(output.probabilities, expected.probabilities, atol=0.02, rtol=0)


def test_a_document_without_words_is_finite() -> None:
    network = head(task="pairs").train()
    seen = states()
    output = network(seen._replace(mask=torch.zeros_like(seen.mask)), TARGETS)
    output.loss.backward()
    assert torch.isfinite(output.probabilities).all()


def test_with_a_skip_it_starts_as_a_plain_classifier_would() -> None:
    network = head(ClassifierSettings(skip=True, normalise=True))
    seen = states()
    expected = network.output.skip(seen.pooled).sigmoid()
    torch.testing.assert_close(network(seen).probabilities, expected)


def test_even_kernels_do_not_warn() -> None:
    torch.set_warn_always(True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for conv in ("conv1d", "conv2d"):
                assert torch.isfinite(head(conv=conv, kernel=10)(states()).probabilities).all()
    finally:
        torch.set_warn_always(False)
