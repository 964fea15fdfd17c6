"""What an encoder makes of a batch, as the heads over it see it."""

from typing import NamedTuple

from torch import Tensor

from clmil.nn.layout import Layout


class Encoded(NamedTuple):
    """What the encoder makes of a batch.

    Attributes:
        states: (B, n, h).
        layout: what stands where in them; without the labels if these were encoded apart.
        labels: (B, l, h), H_Label in the order of the columns; None where the encoder reads text
            alone.
    """

    states: Tensor
    layout: Layout
    labels: Tensor | None


class LabelsApart(NamedTuple):
    """What the encoder makes of labels that do not see the text.

    Attributes:
        states: (l, h), H_Label in the order of the columns.
        beside: the (l + 1, 2h) keys and values of each layer, for words to attend to.
    """

    states: Tensor
    beside: list[Tensor]


class Represented(NamedTuple):
    """States of B documents of up to D word pieces, and of the l labels beside them.

    Attributes:
        words: (B, D, h), H_Word; arbitrary on padding.
        mask: (B, D) bool, true on real words.
        pooled: (B, h), the text representation.
        labels: (B, l, h), H_Label in the order of the columns; None where the encoder reads text
            alone.
    """

    words: Tensor
    mask: Tensor
    pooled: Tensor
    labels: Tensor | None = None
