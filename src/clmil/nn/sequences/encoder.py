"""The encoder of SGM: words to states, and to the state that the decoder starts from."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from clmil.nn.pooling import word_mask
from clmil.nn.sequences.settings import SequenceSettings
from clmil.nn.words.embedding import PADDING, WordEmbedding
from clmil.nn.words.recurrent import read_both_ways


@dataclass(frozen=True, kw_only=True, eq=False)
class Memory:
    """Encoded texts; h is twice the encoder's units, one half a direction.

    Attributes:
        states: (B, D, h), zero on padding.
        mask: (B, D) bool, true on words.
        hidden: (L, B, h), what each layer ends with, forwards and backwards.
        cell: (L, B, h), the same of the cells.
    """

    states: Tensor
    mask: Tensor
    hidden: Tensor
    cell: Tensor


class TextEncoder(nn.Module):
    """A BiLSTM over word vectors (Yang et al. 2018, section 3.2); padding changes nothing."""

    def __init__(
        self, settings: SequenceSettings, vocabulary: int, vectors: Tensor | None = None
    ) -> None:
        """Build the encoder for V words; `vectors` are (V, e) first values."""
        super().__init__()
        self.embedding = WordEmbedding.of(settings.embedding, vocabulary, vectors)
        self.lstm = nn.LSTM(
            self.embedding.width,
            settings.hidden,
            num_layers=settings.layers,
            dropout=settings.dropout if settings.layers > 1 else 0.0,
            batch_first=True,
            bidirectional=True,
        )

    def forward(self, text_ids: Tensor, lengths: Tensor) -> Memory:
        """Encode (B, D) int64 ids of (B,) words each; a text without words reads one padding."""
        mask = word_mask(text_ids, lengths)
        words = self.embedding(text_ids.masked_fill(~mask, PADDING))
        read = read_both_ways(self.lstm, words, lengths.clamp(min=1))
        return Memory(
            states=read.states.masked_fill(~mask[..., None], 0.0),
            mask=mask,
            hidden=_joined(read.hidden),
            cell=_joined(read.cell),
        )


def _joined(states: Tensor) -> Tensor:
    """Lay the two directions of (2L, B, u) side by side: (L, B, 2u)."""
    return torch.cat([states[0::2], states[1::2]], dim=-1)
