"""All documents of a batch in one long sequence, kept apart by blank rows."""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor
from torch.nn import functional

from clmil.nn.packed import packed_attention


@dataclass(frozen=True, kw_only=True)
class Gapped:
    """Where the words of a batch stand in a sequence of M rows.

    Attributes:
        mask: (B, D) bool, true on real words, which come first in each document.
        gap: blank rows before each document and after the last.
        counts: words of each document; M = sum(counts) + gap (B + 1).
        words: (T,) int64, the real words among the B D padded positions.
        places: (T,) int64, their rows among the M.
        blank: (M - T,) int64, the rows that belong to no document.
    """

    mask: Tensor
    gap: int
    counts: tuple[int, ...]
    words: Tensor
    places: Tensor
    blank: Tensor

    @classmethod
    def of(cls, mask: Tensor, gap: int) -> Self:
        """Lay out a batch by its (B, D) word mask."""
        flat = mask.flatten()
        words = flat.nonzero().squeeze(1)
        document = words // mask.shape[1]
        places = torch.arange(len(words), device=mask.device) + gap * (document + 1)
        total = len(words) + gap * (len(mask) + 1)
        free = torch.ones(total, dtype=torch.bool, device=mask.device)
        free[places] = False
        return cls(
            mask=mask,
            gap=gap,
            counts=tuple(mask.sum(dim=1).tolist()),
            words=words,
            places=places,
            blank=free.nonzero().squeeze(1),
        )

    def take(self, padded: Tensor) -> Tensor:
        """Return the (T, w) real words of (B, D, w)."""
        return padded.reshape(-1, padded.shape[-1]).index_select(0, self.words)

    def place(self, taken: Tensor) -> Tensor:
        """Return (M, w), zero on blank rows, from (T, w)."""
        rows = len(self.places) + len(self.blank)
        return taken.new_zeros(rows, taken.shape[-1]).index_copy(0, self.places, taken)

    def pad(self, states: Tensor, value: float = 0.0) -> Tensor:
        """Return (B, D, w) from (M, w), with a value on padding."""
        taken = states.index_select(0, self.places)
        padded = taken.new_full((self.mask.numel(), taken.shape[-1]), value)
        return padded.index_copy(0, self.words, taken).view(*self.mask.shape, -1)

    def maximum(self, states: Tensor) -> Tensor:
        """Return each document's maximum, (B, w); zeros for one without words."""
        largest = self.pad(states, float("-inf")).max(dim=1).values
        return largest.masked_fill(~self.mask.any(dim=1)[:, None], 0.0)


def gapped_attention(inward: Tensor, gapped: Gapped, heads: int) -> Tensor:
    """Attend within each document: (M, 3w) queries, keys and values to (M, w)."""
    if inward.device.type == "cpu":
        return packed_attention(inward, gapped.counts, heads, gap=gapped.gap)
    return padded_attention(inward, gapped, heads)


def padded_attention(inward: Tensor, gapped: Gapped, heads: int) -> Tensor:
    """Do the same over padded documents at once, as a GPU likes it."""
    batch, length = gapped.mask.shape
    width = inward.shape[-1] // 3
    split = gapped.pad(inward).view(batch, length, 3, heads, width // heads)
    query, key, value = split.permute(2, 0, 3, 1, 4)
    # A text without words would attend to nothing; none of its output is taken.
    visible = (gapped.mask | ~gapped.mask.any(dim=1, keepdim=True))[:, None, None, :]
    attended = functional.scaled_dot_product_attention(query, key, value, attn_mask=visible)
    return gapped.place(gapped.take(attended.transpose(1, 2).reshape(batch, length, width)))


def shifted_copies(
    states: Tensor, *, kernel: int, dilation: int, blank: Tensor | None = None
) -> Tensor:
    """Return what each tap of a dilated convolution sees: (M, w) to (M, kernel w).

    Args:
        states: (M, w); what lies outside counts as zero.
        kernel: number of taps.
        dilation: rows from one tap to the next.
        blank: rows that count as zero too.
    """
    reach, rows = dilation * (kernel - 1), len(states)
    seen = states if blank is None else states.index_fill(0, blank, 0)
    bordered = functional.pad(seen, (0, 0, reach // 2, reach - reach // 2))
    return torch.cat([bordered[at : at + rows] for at in range(0, reach + 1, dilation)], dim=-1)
