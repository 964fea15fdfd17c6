"""Long texts in several windows of the encoder, one after another (not in the paper).

Each window is encoded on its own, `[CLS] words [SEP]` and perhaps labels; then the words of all
stand in one row again, so that FIL, CIL and whatever else reads words see the whole text. What is
one a text, or one a label, is the mean over its windows, weighed by their words.
"""

from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor

from clmil.nn.represented import Represented


@dataclass(frozen=True, kw_only=True)
class Windows:
    """R windows of B texts, of up to w word pieces each.

    Attributes:
        text_ids: (R, w) int64 word pieces, the windows of a text one after another.
        lengths: (R,) int64, how many of them are real.
        shares: (B, K), the share of a text's words that each of its windows has; the first window
            of a text without words has all.
        places: (R,) int64, which of the B K windows are here; None: all.
    """

    text_ids: Tensor
    lengths: Tensor
    shares: Tensor
    places: Tensor | None = None

    @classmethod
    def of(cls, text_ids: Tensor, lengths: Tensor) -> Self:
        """Take all windows of texts that are cut.

        Args:
            text_ids: (B, K, w) int64, as `cut` gives them.
            lengths: (B,) int64, words of each text.
        """
        batch, number, width = text_ids.shape
        starts = torch.arange(number, device=lengths.device) * width
        own = (lengths[:, None] - starts).clamp(min=0, max=width)
        first = (starts == 0) & (lengths[:, None] == 0)
        return cls(
            text_ids=text_ids.reshape(batch * number, width),
            lengths=own.reshape(batch * number),
            shares=(own + first) / lengths[:, None].clamp(min=1),
        )

    def filled(self) -> Self:
        """Return those windows alone that have words, and the first of each text."""
        places = (self.shares.flatten() > 0).nonzero().squeeze(1)
        text_ids, lengths = self.text_ids[places], self.lengths[places]
        return replace(self, text_ids=text_ids, lengths=lengths, places=places)

    def join(self, seen: Represented, *, apart: bool) -> Represented:
        """Bring what the encoder makes of R windows to B texts of K w word pieces.

        Args:
            seen: of the windows.
            apart: the labels do not see the text, and so are the same in all windows.
        """
        labels = seen.labels
        if labels is not None:
            labels = labels[: self.shares.shape[0]] if apart else self._mean(labels)
        return Represented(
            words=self._by_text(seen.words).flatten(1, 2),
            mask=self._by_text(seen.mask).flatten(1, 2),
            pooled=self._mean(seen.pooled),
            labels=labels,
        )

    def _mean(self, values: Tensor) -> Tensor:
        """Return the (B, ...) means of (R, ...) values."""
        each = self._by_text(values)  # len() of it would fix B in a graph
        shares = self.shares.to(each.dtype)[:, None]
        return (shares @ each.flatten(2)).reshape(each.shape[0], *values.shape[1:])

    def _by_text(self, values: Tensor) -> Tensor:
        """Bring (R, ...) to (B, K, ...), zero for windows that are not here."""
        if self.places is not None:
            grid = values.new_zeros(self.shares.numel(), *values.shape[1:])
            values = grid.index_copy(0, self.places, values)
        return values.reshape(*self.shares.shape, *values.shape[1:])


def cut(text_ids: Tensor, lengths: Tensor, room: int) -> Tensor:
    """Cut texts into as many windows as the longest takes, filled one after another.

    Args:
        text_ids: (B, D) int64 word pieces.
        lengths: (B,) int64, at least one.
        room: word pieces that a window takes.

    Returns:
        (B, K, room); or (B, 1, D), if one window takes them all.
    """
    number = -(-int(lengths.max()) // room)
    if number <= 1:
        return text_ids[:, None]
    more = number * room - text_ids.shape[1]  # less than nothing where padding goes further
    return torch.nn.functional.pad(text_ids, (0, more)).view(len(text_ids), number, room)
