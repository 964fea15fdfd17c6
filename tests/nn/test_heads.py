"""Classifiers: what they see, and how they begin."""

import pytest
import torch

from clmil.nn.heads import ClassifierHead
from clmil.nn.settings import ClassifierSettings

WIDTH, TEXT, LABELS = 6, 8, 3


def head_of(width: int = WIDTH, text: int = TEXT, **settings: bool) -> ClassifierHead:
    torch.manual_seed(2)
    return ClassifierHead(width, text, LABELS, ClassifierSettings(**settings))


def test_a_skip_that_is_normalised_begins_as_the_plain_classifier() -> None:
    """Whatever the features: in values, and in how fast it learns from the text."""
    text, features = 0.1 * torch.randn(5, TEXT) + 0.3, torch.randn(5, WIDTH)
    plain = head_of(TEXT, 0, normalise=True)
    skip = head_of(skip=True, normalise=True, normalise_skip=True)
    assert skip.skip is not None
    skip.begin(plain.linear.weight.detach(), plain.linear.bias.detach())
    torch.testing.assert_close(skip(features, text), plain(text, text))
    for head, seen in ((plain, text), (skip, features)):
        head(seen, text).square().sum().backward()
    torch.testing.assert_close(skip.skip.weight.grad, plain.linear.weight.grad)


@pytest.mark.parametrize("normed", [True, False])
def test_normalised_the_scale_of_the_text_says_nothing(normed: bool) -> None:
    text, features = torch.randn(5, TEXT), torch.randn(5, WIDTH)
    head = head_of(skip=True, normalise_skip=normed)
    assert torch.allclose(head(features, 20 * text), head(features, text), atol=1e-4) is normed


def test_a_head_knows_whether_it_reads_the_text() -> None:
    assert head_of(text=0).reads_text
    assert head_of(skip=True).reads_text
    assert not head_of().reads_text
    text = torch.randn(4, TEXT)
    assert head_of(skip=True, normalise=True).text(text) is text
    for head in (head_of(skip=True, normalise_skip=True), head_of(TEXT, 0, normalise=True)):
        assert head.text(text).std().item() == pytest.approx(1, abs=0.1)
