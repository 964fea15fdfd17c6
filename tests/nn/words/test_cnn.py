"""Kim's network against a naive reference, and Kurata's first values."""

import numpy as np
import pytest
import torch

from clmil.nn.words.cnn import KimCnn, combination_rows
from clmil.nn.words.settings import CnnSettings, EmbeddingSettings


def build(**options: object) -> KimCnn:
    torch.manual_seed(0)
    told = {"embedding": EmbeddingSettings(width=4), "widths": (2, 3), "filters": 3, **options}
    return KimCnn(CnnSettings(**told), 4, 12).eval()


def naive_features(network: KimCnn, ids: list[int]) -> np.ndarray:
    """Compute every filter's maximum over windows with at least one word."""
    table = network.embedding.table.weight.detach().double().numpy()
    words, result = table[ids], []
    for conv in network.convs:
        weight = conv.weight.detach().double().numpy()
        bias = conv.bias.detach().double().numpy()
        span = weight.shape[2]
        for filter_ in range(len(weight)):
            best = -np.inf
            for start in range(1 - span, len(ids)):
                value = bias[filter_]
                for tap in range(span):
                    if 0 <= start + tap < len(ids):
                        value += weight[filter_, :, tap] @ words[start + tap]
                best = max(best, value, 0.0)
            result.append(best)
    return np.array(result)


@pytest.mark.parametrize("ids", [[3], [4, 5], [2, 9, 11, 3, 3, 7, 1]])
def test_equals_the_naive_reference(ids: list[int]) -> None:
    network = build()
    features = network.features(torch.tensor([ids]), torch.tensor([len(ids)]))
    expected = naive_features(network, ids)
    np.testing.assert_allclose(features[0].detach().numpy(), expected, atol=1e-6)
    logits = expected @ network.output.weight.detach().double().numpy().T
    probabilities = network(torch.tensor([ids]), torch.tensor([len(ids)])).probabilities[0]
    np.testing.assert_allclose(probabilities.detach(), 1 / (1 + np.exp(-logits)), atol=1e-6)


def test_windows_of_padding_alone_do_not_count() -> None:
    """A large bias would otherwise win through a window without words."""
    network = build()
    with torch.no_grad():
        for conv in network.convs:
            conv.weight.fill_(-1.0)
            conv.bias.fill_(5.0)
        network.embedding.table.weight[1:] = 1.0
    features = network.features(torch.tensor([[2, 3, 0, 0, 0, 0]]), torch.tensor([2]))
    assert features[0].tolist() == pytest.approx([1.0] * 6)  # 5 - 4: a window with one word


def test_a_text_without_words_has_no_features() -> None:
    features = build().features(torch.zeros(1, 4, dtype=torch.int64), torch.tensor([0]))
    assert features.shape == (1, 6)
    assert not features.any()


def test_multichannel_adds_up_the_filters_of_both_channels() -> None:
    network = build(multichannel=True)
    assert torch.equal(network.fixed.table.weight, network.embedding.table.weight)
    assert not network.fixed.table.weight.requires_grad
    one = build()
    with torch.no_grad():
        for double, single in zip(network.convs, one.convs, strict=True):
            single.weight.copy_(double.weight[:, :4] + double.weight[:, 4:])
            single.bias.copy_(double.bias)
        one.embedding.table.weight.copy_(network.embedding.table.weight)
    given = torch.tensor([[3, 4, 5]]), torch.tensor([3])
    torch.testing.assert_close(network.features(*given), one.features(*given))


TARGETS = np.array(
    [[1, 1, 0], [0, 1, 1], [0, 1, 1], [1, 0, 0], [1, 1, 1], [1, 1, -1], [1, 1, -1]], dtype=np.int8
)


def test_combination_rows() -> None:
    bound = (6 / (10 + 3)) ** 0.5
    expected = np.array([[0, 1, 1], [1, 1, 1], [1, 1, 0]])
    rows = combination_rows(TARGETS, units=10)
    # Most frequent first; ties by labels. Sets with an unknown cell or one label are no rows.
    np.testing.assert_allclose(rows, expected * bound)
    np.testing.assert_allclose(combination_rows(TARGETS, units=2), expected[:2] * (6 / 5) ** 0.5)
    weighted = combination_rows(TARGETS, units=10, by_frequency=True)
    np.testing.assert_allclose(weighted, expected * bound * np.sqrt([[2], [1], [1]]))


@pytest.mark.parametrize("hidden", [None, 2])
def test_first_values_of_the_output_layer(hidden: int | None) -> None:
    network = build(hidden=hidden, cooccurrence="bound")
    targets = np.pad(TARGETS, ((0, 0), (0, 1)))
    untouched = network.output.weight.detach().clone()
    taken = network.start_from_combinations(targets)
    units = network.output.in_features
    assert taken == min(3, units)
    weight = network.output.weight.detach()
    bound = (6 / (units + 4)) ** 0.5
    for unit, size in zip(range(taken), (2, 3, 2), strict=False):
        values = weight[:, unit]
        assert (values != 0).sum() == size
        assert values[values != 0].tolist() == pytest.approx([bound] * size)
    assert torch.equal(weight[:, taken:], untouched[:, taken:])
    assert untouched.abs().max() <= bound


def test_without_the_option_nothing_is_dedicated() -> None:
    network = build()
    before = network.output.weight.detach().clone()
    assert network.start_from_combinations(np.pad(TARGETS, ((0, 0), (0, 1)))) == 0
    assert torch.equal(network.output.weight, before)


def test_no_combination_at_all() -> None:
    assert combination_rows(np.eye(3, dtype=np.int8), units=4).shape == (0, 3)
