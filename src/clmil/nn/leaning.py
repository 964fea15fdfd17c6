"""How much words lean on label tokens: a bias of their attention, before its softmax.

A pre-trained encoder has never seen label tokens. As many as a text has words draw all texts to
one side: mean cosines rise, and what a linear classifier reads of rare labels is lost
(docs/method.md). A bias of log(a / l) lets l labels together count as a tokens at first, so that
training starts near what the encoder makes of the text alone; what labels are worth it learns.
"""

import math
from typing import NamedTuple, Self

import torch
from torch import Tensor

from clmil.nn.layout import HIDDEN, Layout
from clmil.nn.settings import LabelTokenSettings


class Leaning(NamedTuple):
    """What is added to the attention scores of the text's tokens for label tokens.

    Attributes:
        labels: l.
        bias: log(a / l), a as in `labels.attention`.
    """

    labels: int
    bias: float

    @classmethod
    def of(cls, settings: LabelTokenSettings, labels: int) -> Self | None:
        """Return what the settings ask for; None where labels are tokens like any other."""
        if settings.attention is None or not settings.joint:
            return None
        return cls(labels, math.log(settings.attention / labels))

    def add(self, scores: Tensor, length: int) -> None:
        """Add the bias, in place, to the scores of documents of one length.

        Args:
            scores: (..., n, m), of n tokens for themselves, the last l + 1 of them the labels and
                their [SEP]; or of n tokens of a text for themselves and m - n others behind, the
                first l of which are labels.
            length: n.
        """
        if scores.shape[-1] > length:
            scores[..., length : length + self.labels] += self.bias
        else:
            text = length - self.labels - 1
            scores[..., :text, text:-1] += self.bias

    def beside(self, count: int, like: Tensor) -> Tensor:
        """Return what is added for l labels and further tokens behind them, (count,)."""
        places = torch.arange(count, device=like.device)
        return (places < self.labels).to(like.dtype) * self.bias


def attention_bias(layout: Layout, *, apart: bool, leaning: Leaning | None) -> Tensor:
    """Return what is added to attention scores, (B, 1, n, n).

    Args:
        layout: of the batch.
        apart: no label sees the text.
        leaning: of the text's tokens.
    """
    real, text = layout.attention_mask == 1, layout.text_mask
    seen = real[:, None].expand(-1, real.shape[1], -1)
    if apart:
        seen = seen & (text[..., None] | ~text[:, None])
    bias = torch.where(seen, 0.0, HIDDEN)
    if leaning is not None:
        of_labels = text[..., None] & (layout.label_slots >= 0)[:, None]
        bias = bias + of_labels * leaning.bias
    return bias[:, None]
