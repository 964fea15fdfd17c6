"""Long texts in several windows of the encoder, one after another (not in the paper).

Each window is encoded on its own, `[CLS] words [SEP]` and perhaps labels; then the words of all
stand in one row again, so that FIL, CIL and whatever else reads words see the whole text. What is
one a text, or one a label, is the mean over its windows, weighed by their words.
"""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from clmil.nn.represented import Represented


@dataclass(frozen=True, kw_only=True)
class Windows:
    """B texts in K windows of w word pieces.

    Attributes:
        text_ids: (B K, w) int64 word pieces, the windows of a text one after another.
        lengths: (B K,) int64, how many of them are real.
        shares: (B, K), the share of a text's words that a window has; the first window of a text
            without words has all.
    """

    text_ids: Tensor
    lengths: Tensor
    shares: Tensor

    @classmethod
    def of(cls, text_ids: Tensor, lengths: Tensor) -> Self:
        """Take texts that are cut already.

        Args:
            text_ids: (B, K, w) int64; all windows of a text are full but the last that has words.
            lengths: (B,) int64, words of each text.
        """
        batch, number, width = text_ids.shape
        starts = torch.arange(number, device=lengths.device) * width
        own = (lengths[:, None] - starts).clamp(min=0, max=width)
        first = (starts == 0) & (lengths[:, None] == 0)
        shares = (own + first) / lengths[:, None].clamp(min=1)
        return cls(
            text_ids=text_ids.reshape(batch * number, width),
            lengths=own.reshape(batch * number),
            shares=shares,
        )

    @property
    def used(self) -> Tensor:
        """The (B K,) bool windows that have words, and the first of each text."""
        return self.shares.flatten() > 0

    def join(self, seen: Represented, *, apart: bool) -> Represented:
        """Bring what the encoder makes of B K windows to B texts of K w word pieces.

        Args:
            seen: of the windows.
            apart: the labels do not see the text, and so are the same in all windows.
        """
        batch, number = self.shares.shape
        whole = number * seen.words.shape[1]
        labels = seen.labels
        if labels is not None:
            labels = labels[::number] if apart else self._mean(labels)
        return Represented(
            words=seen.words.reshape(batch, whole, -1),
            mask=seen.mask.reshape(batch, whole),
            pooled=self._mean(seen.pooled),
            labels=labels,
        )

    def _mean(self, values: Tensor) -> Tensor:
        """Return the (B, ...) means of (B K, ...) values."""
        batch, number = self.shares.shape
        each = values.reshape(batch, number, -1)
        mean = (self.shares[:, None].to(each.dtype) @ each).squeeze(1)
        return mean.reshape(batch, *values.shape[1:])


def cut(text_ids: Tensor, lengths: Tensor, room: int) -> Tensor:
    """Cut texts into as many windows as the longest takes.

    Args:
        text_ids: (B, D) int64 word pieces.
        lengths: (B,) int64.
        room: word pieces that a window takes.

    Returns:
        (B, K, room); or (B, 1, D), if one window takes them all.
    """
    longest = int(lengths.max()) if len(lengths) else 0
    number = -(-longest // room)
    if number <= 1:
        return text_ids[:, None]
    more = number * room - text_ids.shape[1]  # less than nothing where padding goes further
    return torch.nn.functional.pad(text_ids, (0, more)).view(len(text_ids), number, room)
