"""Equations 2 to 5, by worked numbers and against a naive reference."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from clmil.nn.fil import FilOutput, FineGrainedInteraction
from clmil.nn.pooling import masked_max, masked_mean, masked_sum
from clmil.nn.settings import FilSettings

WORDS = torch.tensor([[[3.0, 4.0], [0.0, 2.0], [1.0, 0.0]]])
LABELS = torch.eye(2)[None]
ALL = torch.ones(1, 3, dtype=torch.bool)


def moving_average(kernel: int, **options: object) -> FineGrainedInteraction:
    """Return FIL whose convolution averages each label's column over `kernel` words."""
    fil = FineGrainedInteraction(FilSettings(kernel=kernel, **options), 2)
    with torch.no_grad():
        fil.conv.bias.zero_()
        fil.conv.weight.copy_(torch.eye(2)[..., None].expand(2, 2, kernel) / kernel)
    return fil


def random_fil(labels: int = 3, **options: object) -> FineGrainedInteraction:
    torch.manual_seed(3)
    return FineGrainedInteraction(FilSettings(**options), labels)


def random_input(words: int = 6, labels: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(4)
    return torch.randn(2, words, 5), torch.randn(2, labels, 5)


def naive_fil(fil: FineGrainedInteraction, words: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Compute H_FIL of one text, (h,), with loops over words and labels."""
    unit = words / np.linalg.norm(words, axis=1, keepdims=True)
    label_unit = labels / np.linalg.norm(labels, axis=1, keepdims=True)
    correlations = unit @ label_unit.T
    number, count = correlations.shape
    weight = fil.conv.weight.detach().double().numpy()
    bias = fil.conv.bias.detach().double().numpy()
    kernel, left = weight.shape[-1], (weight.shape[-1] - 1) // 2
    scores = np.zeros(number)
    for i in range(number):
        best = -np.inf
        for k in range(count):
            for j in range(count) if fil.settings.conv == "conv2d" else [0]:
                value = bias[k]
                for a in range(kernel):
                    row = i + a - left
                    if not 0 <= row < number:
                        continue
                    if fil.settings.conv == "conv1d":
                        value += weight[k, :, a] @ correlations[row]
                        continue
                    for b in range(kernel):
                        if 0 <= j + b - left < count:
                            value += weight[k, 0, a, b] * correlations[row, j + b - left]
                best = max(best, value)
        scores[i] = np.tanh(max(best, 0.0) if fil.settings.relu else best)
    weighted = scores[:, None] * unit
    return {"max": weighted.max(0), "sum": weighted.sum(0), "mean": weighted.mean(0)}[
        fil.settings.pooling
    ]


def test_worked_example_with_identity_convolution() -> None:
    output = moving_average(1)(WORDS, LABELS, ALL)
    expected = torch.tensor([[[0.6, 0.8], [0.0, 1.0], [1.0, 0.0]]])
    torch.testing.assert_close(output.correlations, expected)
    assert output.scores[0].tolist() == pytest.approx([0.66404, 0.76159, 0.76159], abs=1e-5)
    assert output.features[0].tolist() == pytest.approx([0.76159, 0.76159], abs=1e-5)


def test_worked_example_with_moving_average() -> None:
    output = moving_average(3)(WORDS, LABELS, ALL)
    assert output.scores[0].tolist() == pytest.approx([0.53705, 0.53705, 0.32151], abs=1e-5)
    assert output.features[0].tolist() == pytest.approx([0.32223, 0.53705], abs=1e-5)


@pytest.mark.parametrize(("pooling", "share"), [("sum", 1), ("mean", 3)])
def test_worked_example_with_other_poolings(pooling: str, share: int) -> None:
    features = moving_average(1, pooling=pooling)(WORDS, LABELS, ALL).features[0]
    assert features.tolist() == pytest.approx([1.16002 / share, 1.29282 / share], abs=1e-5)


@pytest.mark.parametrize("conv", ["conv1d", "conv2d"])
@pytest.mark.parametrize("kernel", [1, 3, 5])
@pytest.mark.parametrize(("relu", "pooling"), [(True, "max"), (False, "sum"), (False, "mean")])
def test_equals_the_naive_reference(conv: str, kernel: int, relu: bool, pooling: str) -> None:
    fil = random_fil(conv=conv, kernel=kernel, relu=relu, pooling=pooling)
    words, labels = random_input()
    features = fil(words, labels, torch.ones(2, 6, dtype=torch.bool)).features
    for row in range(2):
        expected = naive_fil(fil, words[row].double().numpy(), labels[row].double().numpy())
        np.testing.assert_allclose(features[row].detach().numpy(), expected, atol=1e-6)


def check_bounds(output: FilOutput, *, relu: bool) -> None:
    assert output.correlations.abs().max() <= 1 + 1e-6
    assert output.scores.abs().max() < 1
    assert output.features.abs().max() < 1
    if relu:
        assert output.scores.min() >= 0


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), scale=st.floats(1e-3, 1e3), relu=st.booleans())
def test_bounds_and_scale_invariance(seed: int, scale: float, relu: bool) -> None:
    fil = random_fil(relu=relu)
    torch.manual_seed(seed)
    words, labels = torch.randn(2, 6, 5), torch.randn(2, 3, 5)
    mask = torch.arange(6) < torch.tensor([[6], [3]])
    output = fil(words, labels, mask)
    check_bounds(output, relu=relu)
    factor = torch.rand(2, 6, 1) * scale + 1e-3
    scaled = fil(words * factor, labels * scale, mask)
    torch.testing.assert_close(scaled.features, output.features, atol=1e-5, rtol=0)


def test_relu_silences_words_that_agree_with_no_label() -> None:
    assert not moving_average(1)(-WORDS, LABELS, ALL).features.any()
    scores = moving_average(1, relu=False)(-WORDS - 0.5, LABELS, ALL).scores
    assert (scores < 0).all()
    assert (scores > -1).all()


@pytest.mark.parametrize("conv", ["conv1d", "conv2d"])
@pytest.mark.parametrize("relu", [True, False])
@pytest.mark.parametrize("pooling", ["max", "sum", "mean"])
def test_padding_changes_nothing(conv: str, relu: bool, pooling: str) -> None:
    fil = random_fil(conv=conv, relu=relu, pooling=pooling, kernel=5)
    words, labels = random_input()
    alone = fil(words, labels, torch.ones(2, 6, dtype=torch.bool))
    for filler in (0.0, 1.0, -1e30):
        padded = torch.cat([words, torch.full((2, 4, 5), filler)], dim=1)
        mask = (torch.arange(10) < 6).expand(2, 10)
        output = fil(padded, labels, mask)
        torch.testing.assert_close(output.features, alone.features, atol=1e-5, rtol=0)
        assert not output.scores[:, 6:].any()
        assert not output.correlations[:, 6:].any()


def test_zero_padding_does_not_win_the_maximum() -> None:
    words = -WORDS  # all coordinates negative or zero, all labels opposed to them
    labels = torch.tensor([[[-1.0, -1.0], [-1.0, -1.0]]])
    padded = torch.cat([words - 0.1, torch.zeros(1, 2, 2)], dim=1)
    mask = torch.tensor([[True, True, True, False, False]])
    assert (moving_average(1)(padded, labels, mask).features < 0).all()


def test_text_without_words_gives_zeros_and_finite_gradients() -> None:
    fil = random_fil()
    words, labels = random_input()
    words.requires_grad_()
    features = fil(words, labels, torch.zeros(2, 6, dtype=torch.bool)).features
    features.sum().backward()
    assert not features.any()
    assert words.grad is not None
    assert not words.grad.any()


@pytest.mark.parametrize(
    ("labels", "kernel", "conv", "count"),
    [
        (54, 3, "conv1d", 3 * 54 * 54 + 54),
        (103, 3, "conv1d", 3 * 103 * 103 + 103),
        (54, 55, "conv1d", 160_434),
        (54, 10, "conv2d", 5_454),
    ],
)
def test_parameter_counts(labels: int, kernel: int, conv: str, count: int) -> None:
    fil = FineGrainedInteraction(FilSettings(kernel=kernel, conv=conv), labels)
    assert sum(p.numel() for p in fil.parameters()) == count


def test_poolings_cover_real_words_only() -> None:
    states = torch.tensor([[[-1.0], [-3.0], [9.0]], [[9.0], [9.0], [9.0]]])
    mask = torch.tensor([[True, True, False], [False, False, False]])
    assert masked_max(states, mask).tolist() == [[-1.0], [0.0]]
    assert masked_sum(states, mask).tolist() == [[-4.0], [0.0]]
    assert masked_mean(states, mask).tolist() == [[-2.0], [0.0]]


def test_double_precision_is_kept() -> None:
    words, labels = random_input()
    mask = torch.ones(2, 6, dtype=torch.bool)
    fil = random_fil()
    single = fil(words, labels, mask).features
    double = fil.double()(words.double(), labels.double(), mask).features
    assert double.dtype == torch.float64
    torch.testing.assert_close(double.float(), single, atol=1e-6, rtol=0)
