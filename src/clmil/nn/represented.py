"""What an encoder makes of a batch, as the heads over it see it."""

from typing import NamedTuple

from torch import Tensor


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
