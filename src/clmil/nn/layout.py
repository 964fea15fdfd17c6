"""The joint sequence `[CLS] x1 .. xd [SEP] y1 .. yl [SEP]` (section 3.3, after LACO)."""

from dataclasses import dataclass

import torch
from torch import Tensor

HIDDEN = -1e9
"""What attention scores are lowered by where nothing is to be seen."""


@dataclass(frozen=True, kw_only=True)
class SpecialTokens:
    """Ids that frame a text, and the first position id of the encoder (2 for RoBERTa's kin)."""

    cls: int
    sep: int
    pad: int
    position_offset: int = 0


@dataclass(frozen=True, kw_only=True)
class Layout:
    """One batch laid out. B documents, n tokens, D word positions, l labels.

    Attributes:
        input_ids: (B, n) int64; label slots hold the pad id, their rows come from the label table.
        attention_mask: (B, n) int64, 1 on tokens.
        token_type_ids: (B, n) int64.
        position_ids: (B, n) int64.
        label_slots: (B, n) int64, the slot 0 .. l-1 of a label token, -1 elsewhere.
        label_positions: (B, l) int64, where each slot stands in its row.
        word_mask: (B, D) bool, true on the text's own word pieces, which stand at 1 .. D.
        text_mask: (B, n) bool, true on `[CLS] x1 .. xd [SEP]`.
    """

    input_ids: Tensor
    attention_mask: Tensor
    token_type_ids: Tensor
    position_ids: Tensor
    label_slots: Tensor
    label_positions: Tensor
    word_mask: Tensor
    text_mask: Tensor


def lay_out(
    text_ids: Tensor,
    lengths: Tensor,
    *,
    labels: int,
    special: SpecialTokens,
    positions: str = "sequential",
    segment: int = 1,
    window: int = 512,
    apart: bool = False,
) -> Layout:
    """Frame texts and append one token a label.

    Args:
        text_ids: (B, D) int64 word pieces without special tokens; what stands past a
            text's length is ignored.
        lengths: (B,) int64, word pieces of each text, 0 to D.
        labels: l, or 0 for a plain `[CLS] x [SEP]`.
        special: ids of the framing tokens.
        positions: `sequential`, `shared` or `fixed` label position ids.
        segment: token type of the labels and of the last [SEP].
        window: number of position ids the encoder has (for `fixed`).
        apart: give labels the position ids that they have behind an empty text.
    """
    batch, longest = text_ids.shape
    total = longest + 2 + (labels + 1 if labels else 0)
    place = torch.arange(total, device=text_ids.device).expand(batch, total)
    end = lengths[:, None] + 1
    slots = place - end - 1
    is_word = (place >= 1) & (place < end)
    is_label = (slots >= 0) & (slots < labels)
    is_last = (slots == labels) if labels else torch.zeros_like(is_word)
    words = torch.nn.functional.pad(text_ids, (1, total - longest - 1), value=special.pad)
    ids = torch.where(is_word, words, special.pad)
    ids = torch.where((place == end) | is_last, special.sep, ids)
    ids = torch.where(place == 0, special.cls, ids)
    after = is_label | is_last
    is_token = (place <= end) | after
    before = torch.ones_like(end) if apart else end
    position_ids = _position_ids(place, before, slots, after, labels, positions, window)
    return Layout(
        input_ids=ids,
        attention_mask=is_token.long(),
        token_type_ids=after.long() * segment,
        position_ids=position_ids.masked_fill(~is_token, 0) + special.position_offset,
        label_slots=torch.where(is_label, slots, -1),
        label_positions=end + 1 + torch.arange(labels, device=text_ids.device),
        word_mask=is_word[:, 1 : longest + 1],
        text_mask=place <= end,
    )


def _position_ids(
    place: Tensor,
    before: Tensor,
    slots: Tensor,
    after: Tensor,
    labels: int,
    positions: str,
    window: int,
) -> Tensor:
    if positions == "shared":
        moved = before + 1 + (slots >= labels).long()
    elif positions == "fixed":
        moved = slots + (window - labels - 1)
    else:
        moved = before + 1 + slots
    return torch.where(after, moved, place)
