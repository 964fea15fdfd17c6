"""How much words lean on labels, by what attention makes of it."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from clmil.nn.layout import Layout, SpecialTokens, lay_out
from clmil.nn.leaning import Leaning, attention_bias
from clmil.nn.packed import packed_attention
from clmil.nn.settings import LabelTokenSettings

LABELS = 4


def layout_of(*lengths: int, labels: int = LABELS) -> Layout:
    special = SpecialTokens(cls=1, sep=2, pad=0)
    return lay_out(
        torch.full((len(lengths), max(lengths)), 9),
        torch.tensor(lengths),
        labels=labels,
        special=special,
    )


def leaning_of(attention: float, labels: int = LABELS) -> Leaning:
    found = Leaning.of(LabelTokenSettings(attention=attention), labels)
    assert found is not None
    return found


def test_there_is_none_where_labels_are_tokens_like_any_other() -> None:
    assert Leaning.of(LabelTokenSettings(), LABELS) is None
    assert Leaning.of(LabelTokenSettings(attention=1, joint=False), LABELS) is None


@given(st.floats(0.1, 20), st.integers(1, 90), st.integers(1, 9), st.booleans())
def test_all_labels_together_count_as_that_many_tokens(
    attention: float, labels: int, words: int, apart: bool
) -> None:
    """Where all scores are equal, a of n + a shares of a word's attention go to the labels."""
    text, behind = words + 2, labels + 1
    scores = torch.zeros(1, text if apart else text + behind, text + behind)
    leaning = leaning_of(attention, labels)
    leaning.add(scores, scores.shape[1])
    shares = scores[0].softmax(dim=-1)
    of_labels = shares[:text, text : text + labels].sum(dim=1)
    wanted = attention / (text + attention + 1)  # and the [SEP] behind the labels
    assert of_labels.tolist() == pytest.approx([wanted] * text, rel=1e-4)
    assert torch.equal(shares[text:], torch.full_like(shares[text:], 1 / (text + behind)))
    if apart:
        assert torch.equal(leaning.beside(behind, scores), scores[0, 0, text:])


@pytest.mark.parametrize("apart", [True, False])
@pytest.mark.parametrize("leaning", [None, leaning_of(0.5)], ids=["like any other", "less"])
def test_the_bias_of_a_padded_batch(apart: bool, leaning: Leaning | None) -> None:
    """Padding is hidden from all, a text from labels apart, and labels count less to a text."""
    bias = attention_bias(layout_of(3, 1), apart=apart, leaning=leaning)[:, 0]
    less = 0.0 if leaning is None else math.log(0.5 / LABELS)
    for row, length in enumerate([3, 1]):
        text = range(length + 2)
        labels = range(length + 2, length + 2 + LABELS)
        tokens = range(length + 3 + LABELS)
        for one in tokens:
            for other in range(bias.shape[2]):
                hidden = other not in tokens or (apart and one not in text and other in text)
                wanted = less if one in text and other in labels else 0.0
                told = float(bias[row, one, other])
                assert told < -1e8 if hidden else told == pytest.approx(wanted)


def test_gradients_under_a_bias() -> None:
    torch.manual_seed(1)
    inward = torch.randn(15, 12, dtype=torch.float64, requires_grad=True)
    leaning = leaning_of(0.2, labels=2)

    def attended(values: torch.Tensor) -> torch.Tensor:
        return packed_attention(values, (5, 6, 4), 2, leaning=leaning)

    assert torch.autograd.gradcheck(attended, (inward,))
    with torch.no_grad():
        fused = attended(inward)
    torch.testing.assert_close(fused, attended(inward))
    assert not torch.allclose(fused, packed_attention(inward, (5, 6, 4), 2))
