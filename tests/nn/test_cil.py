"""Equations 6 and 7, by worked numbers and against a naive reference."""

import numpy as np
import pytest
import torch
from torch import nn

from clmil.nn.cil import CoarseGrainedInteraction, GatedConv, SameConv, SelfAttention
from clmil.nn.settings import CilSettings


def small_cil(**options: object) -> CoarseGrainedInteraction:
    torch.manual_seed(5)
    settings = CilSettings(**{"dilations": (1, 2), "heads": 2, **options})
    return CoarseGrainedInteraction(settings, 6).double().eval()


def conv_reference(conv: SameConv) -> nn.Conv1d:
    """Return PyTorch's own convolution with the same weights."""
    inputs, outputs = conv.linear.in_features // conv.kernel, conv.linear.out_features
    other = nn.Conv1d(inputs, outputs, conv.kernel, padding="same", dilation=conv.dilation).double()
    with torch.no_grad():
        weight = conv.linear.weight.view(outputs, conv.kernel, inputs).transpose(1, 2)
        other.weight.copy_(weight)
        other.bias.copy_(conv.linear.bias)
    return other


def array(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().double().numpy()


def naive_conv(conv: SameConv, states: np.ndarray) -> np.ndarray:
    weight, bias = array(conv.linear.weight), array(conv.linear.bias)
    split = np.split(weight, conv.kernel, axis=1)
    result = np.tile(bias, (len(states), 1))
    for at in range(len(states)):
        for tap, matrix in enumerate(split):
            source = at + (tap - conv.kernel // 2) * conv.dilation
            if 0 <= source < len(states):
                result[at] += matrix @ states[source]
    return result


def naive_attention(attention: SelfAttention, states: np.ndarray) -> np.ndarray:
    inward = states @ array(attention.inward.weight).T + array(attention.inward.bias)
    query, key, value = np.split(inward, 3, axis=1)
    size = states.shape[1] // attention.heads
    heads = []
    for head in range(attention.heads):
        part = slice(head * size, (head + 1) * size)
        scores = np.exp(query[:, part] @ key[:, part].T / np.sqrt(size))
        heads.append(scores / scores.sum(axis=1, keepdims=True) @ value[:, part])
    return np.hstack(heads) @ array(attention.outward.weight).T + array(attention.outward.bias)


def naive_cil(cil: CoarseGrainedInteraction, words: np.ndarray) -> np.ndarray:
    states = words
    if isinstance(cil.project, nn.Linear):
        states = words @ array(cil.project.weight).T + array(cil.project.bias)
    for layer in cil.layers:
        value, gate = np.split(naive_conv(layer.conv, states), 2, axis=1)
        sigma = 1 / (1 + np.exp(-gate))
        states = states * (1 - sigma) + value * sigma
    joined = np.hstack([naive_attention(cil.attention, states), states])
    fused = naive_conv(cil.fuse, joined)
    return (np.maximum(fused, 0) if cil.settings.fusion_relu else fused).max(axis=0)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("kernel", [1, 2, 3, 4])
@pytest.mark.parametrize("dilation", [1, 2, 5])
def test_same_conv_is_conv1d_in_values_and_gradients(kernel: int, dilation: int) -> None:
    torch.manual_seed(6)
    conv = SameConv(3, 4, kernel=kernel, dilation=dilation).double()
    nn.init.normal_(conv.linear.bias)
    other = conv_reference(conv)
    states = torch.randn(9, 3, dtype=torch.float64, requires_grad=True)
    twin = states.detach().clone().requires_grad_()
    first, second = conv(states), other(twin.T).T
    torch.testing.assert_close(first, second, atol=1e-12, rtol=0)
    pull = torch.randn_like(first)
    (first * pull).sum().backward()
    (second * pull).sum().backward()
    torch.testing.assert_close(states.grad, twin.grad, atol=1e-12, rtol=0)
    torch.testing.assert_close(conv.linear.bias.grad, other.bias.grad, atol=1e-12, rtol=0)
    weight_gradient = conv.linear.weight.grad.view(4, kernel, 3).transpose(1, 2)
    torch.testing.assert_close(weight_gradient, other.weight.grad, atol=1e-12, rtol=0)


@pytest.mark.parametrize(("gate", "expected"), [(-200.0, 2.0), (np.log(1 / 3), 3.0), (200.0, 6.0)])
def test_gate_mixes_state_and_convolution(gate: float, expected: float) -> None:
    layer = GatedConv(1, 1, CilSettings()).eval()
    with torch.no_grad():
        layer.conv.linear.weight.zero_()
        layer.conv.linear.bias.copy_(torch.tensor([6.0, gate]))
    torch.testing.assert_close(layer(torch.full((4, 1), 2.0)), torch.full((4, 1), expected))


def stacked(cil: CoarseGrainedInteraction, states: torch.Tensor) -> torch.Tensor:
    for layer in cil.layers:
        states = layer(states)
    return states


def test_closed_gates_make_the_stack_the_identity() -> None:
    cil = CoarseGrainedInteraction(CilSettings(gate_bias=-30.0, heads=2), 4).eval()
    for layer in cil.layers:
        nn.init.zeros_(layer.conv.linear.weight)
    states = torch.randn(7, 4)
    torch.testing.assert_close(stacked(cil, states), states, atol=1e-6, rtol=0)


def test_receptive_field_is_the_sum_of_dilations() -> None:
    settings = CilSettings(gate_bias=2.0, heads=2)
    cil = CoarseGrainedInteraction(settings, 4).double().eval()
    states = torch.randn(91, 4, dtype=torch.float64, requires_grad=True)
    stacked(cil, states)[45].sum().backward()
    touched = states.grad.abs().sum(dim=1).nonzero().squeeze(1).tolist()
    reach = sum(settings.dilations)
    assert reach == 35
    assert touched == list(range(45 - reach, 45 + reach + 1))


def test_fifteen_layers_keep_the_signal_alive_at_the_start() -> None:
    torch.manual_seed(7)
    cil = CoarseGrainedInteraction(CilSettings(), 64).eval()
    states = torch.randn(240, 64, requires_grad=True)
    last = stacked(cil, states)
    assert last.std() / states.std() >= 0.1
    last.square().mean().backward()
    assert cil.layers[0].conv.linear.weight.grad.norm() > 0
    torch.manual_seed(7)
    dead = CoarseGrainedInteraction(CilSettings(gate_bias=0.0), 64).eval()
    assert stacked(dead, states).std() / states.std() < 0.05


def count(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def test_parameter_counts_of_the_published_shape() -> None:
    hidden = 384
    cil = CoarseGrainedInteraction(CilSettings(), hidden)
    assert len(cil.layers) == 15
    assert count(cil.layers) == 13_282_560
    assert count(cil.attention) == 4 * hidden**2 + 4 * hidden
    assert count(cil.fuse) == 6 * hidden**2 + hidden
    assert count(cil) == 14_759_040


@pytest.mark.parametrize("options", [{}, {"fusion_relu": False}, {"width": 4}, {"kernel": 1}])
def test_equals_the_naive_reference(options: dict[str, object]) -> None:
    cil = small_cil(**options)
    words = torch.randn(2, 8, 6, dtype=torch.float64)
    features = cil(words, torch.ones(2, 8, dtype=torch.bool))
    assert features.shape == (2, cil.width)
    for row in range(2):
        np.testing.assert_allclose(array(features[row]), naive_cil(cil, array(words[row])))


def test_normalised_layers_see_unit_scale() -> None:
    layer = GatedConv(6, 1, CilSettings(normalise=True)).eval()
    states = torch.randn(5, 6)
    small, large = layer(states) - states, layer(50 * states) - 50 * states
    sigma = layer.conv(nn.functional.layer_norm(states, (6,))).chunk(2, dim=-1)[1].sigmoid()
    torch.testing.assert_close(large - small, -49 * sigma * states, atol=1e-2, rtol=1e-3)


@pytest.mark.parametrize("options", [{}, {"fusion_relu": False}, {"normalise": True}, {"width": 4}])
def test_padding_changes_nothing(options: dict[str, object]) -> None:
    cil = small_cil(**options).float()
    torch.manual_seed(8)
    for layer in cil.layers:
        if isinstance(layer.norm, nn.LayerNorm):
            nn.init.normal_(layer.norm.bias)  # a trained bias must not leak out of padding
    words = torch.randn(2, 6, 6)
    alone = cil(words, torch.ones(2, 6, dtype=torch.bool))
    mask = (torch.arange(16) < 6).expand(2, 16)
    for filler in (0.0, 1.0, -1e30):
        padded = torch.cat([words, torch.full((2, 10, 6), filler)], dim=1)
        torch.testing.assert_close(cil(padded, mask), alone, atol=1e-5, rtol=0)


def test_zero_padding_does_not_win_the_maximum() -> None:
    cil = small_cil(fusion_relu=False)
    nn.init.constant_(cil.fuse.linear.bias, -100.0)
    padded = torch.randn(1, 9, 6, dtype=torch.float64)
    mask = (torch.arange(9) < 4)[None]
    assert (cil(padded, mask) < -50).all()
    torch.testing.assert_close(cil(padded, mask), cil(padded[:, :4], mask[:, :4]))


def test_text_without_words_gives_zeros_and_finite_gradients() -> None:
    cil = small_cil()
    words = torch.randn(2, 5, 6, dtype=torch.float64, requires_grad=True)
    mask = torch.tensor([[True] * 5, [False] * 5])
    features = cil(words, mask)
    features.sum().backward()
    assert not features[1].any()
    assert torch.isfinite(words.grad).all()
    assert not words.grad[1].any()
    assert all(torch.isfinite(p.grad).all() for p in cil.parameters())


def test_gate_dropout_acts_in_training_only() -> None:
    layer = GatedConv(8, 1, CilSettings(gate_dropout=0.5))
    states = torch.randn(6, 8)
    assert not torch.equal(layer(states), layer(states))
    layer.eval()
    assert torch.equal(layer(states), layer(states))


def test_gate_dropout_leaves_the_bias_alone() -> None:
    layer = GatedConv(8, 1, CilSettings(gate_dropout=0.5, gate_bias=-2.0))
    with torch.no_grad():
        layer.conv.linear.weight[8:] = 0  # all that the gate knows is its bias
    states = torch.randn(6, 8)
    trained = layer(states)
    assert torch.allclose(trained, layer.eval()(states))


def test_heads_must_divide_the_width() -> None:
    with pytest.raises(ValueError, match=r"cil\.heads is 4, which does not divide the width 6"):
        SelfAttention(6, 4)
