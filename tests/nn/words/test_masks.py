"""Masks of word positions."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from clmil.nn.pooling import word_mask
from clmil.nn.words.masks import masked_softmax


def test_word_mask() -> None:
    mask = word_mask(torch.zeros(3, 4, dtype=torch.int64), torch.tensor([4, 1, 0]))
    assert mask.int().tolist() == [[1, 1, 1, 1], [1, 0, 0, 0], [0, 0, 0, 0]]


@settings(max_examples=25, deadline=None)
@given(length=st.integers(1, 6), seed=st.integers(0, 999), scale=st.sampled_from([1.0, 1e4]))
def test_masked_softmax_is_the_softmax_of_real_positions(
    length: int, seed: int, scale: float
) -> None:
    torch.manual_seed(seed)
    scores = torch.randn(2, 6) * scale
    weights = masked_softmax(scores, torch.arange(6) < length)
    torch.testing.assert_close(weights[:, :length], scores[:, :length].softmax(dim=1))
    assert not weights[:, length:].any()


def test_masked_softmax_without_positions_is_zero_with_zero_gradient() -> None:
    scores = torch.randn(2, 3, requires_grad=True)
    weights = masked_softmax(scores, torch.tensor([[True, True, False], [False, False, False]]))
    (weights * torch.arange(3.0)).sum().backward()
    assert not weights[1].any()
    assert scores.grad is not None
    assert not scores.grad[1].any()
    assert scores.grad[0, :2].all()
