"""An encoder of the BERT family over padded texts that attend to tokens encoded ahead.

transformers' own classes have no room for such tokens. It is what `clmil.nn.packed` does, in
fixed operations that a graph can hold (`tests/nn/test_padded.py`).
"""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from clmil.nn.layout import HIDDEN
from clmil.nn.leaning import Leaning
from clmil.nn.packed import after_attention, first_states


class PaddedEncoder(nn.Module):
    """The layers of an encoder for which `clmil.nn.packed.packs` holds; called as it is.

    Args:
        encoder: is taken over.
    """

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.config = encoder.config
        self.embeddings, self.encoder = encoder.embeddings, encoder.encoder
        self.train(encoder.training)

    def get_input_embeddings(self) -> nn.Embedding:
        """Return the table of word vectors."""
        table: nn.Embedding = self.embeddings.word_embeddings
        return table

    def forward(
        self,
        inputs_embeds: Tensor,
        attention_mask: Tensor,
        token_type_ids: Tensor,
        position_ids: Tensor,
        beside: Sequence[Tensor],
        leaning: Leaning | None = None,
    ) -> SimpleNamespace:
        """Return the (B, n, h) `last_hidden_state`, arbitrary on padding.

        Args:
            inputs_embeds: (B, n, h) word vectors.
            attention_mask: (B, n), 1 on tokens.
            token_type_ids: (B, n) int64.
            position_ids: (B, n) int64.
            beside: (k, 2h) keys and values of each layer, which every text attends to.
            leaning: of words on labels, which these are.
        """
        states = first_states(self, inputs_embeds, token_type_ids, position_ids)
        mask = functional.pad(attention_mask == 1, (0, len(beside[0])), value=True)
        bias = None if leaning is None else leaning.beside(len(beside[0]), states)
        for number, layer in enumerate(self.encoder.layer):
            within, more = layer.attention.self, beside[number].chunk(2, dim=1)
            heads = within.num_attention_heads
            query = _by_head(within.query(states), heads)
            key, value = (
                torch.cat(
                    [_by_head(own, heads), _by_head(rows.expand(own.shape[0], -1, -1), heads)], 2
                )
                for own, rows in zip((within.key(states), within.value(states)), more, strict=True)
            )
            states = after_attention(layer, states, attend_padded(query, key, value, mask, bias))
        return SimpleNamespace(last_hidden_state=states)


def attend_padded(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor, bias: Tensor | None = None
) -> Tensor:
    """Attend from (B, heads, n, w / heads) to (B, heads, m, w / heads), giving (B, n, w).

    Spelled out: PyTorch's own call guards against rows without words at every score, whose output
    nobody takes here.

    Args:
        query: of the words.
        key: of what they may attend to.
        value: of the same.
        mask: (B, m) bool, true on what is real.
        bias: (k,) added to the scores of the last k.
    """
    hidden = (~mask).to(query.dtype)[:, None, None, :] * HIDDEN
    if bias is not None:
        hidden = hidden + functional.pad(bias, (mask.shape[1] - bias.shape[0], 0))
    scores = query @ key.transpose(2, 3) * query.shape[-1] ** -0.5 + hidden
    attended = torch.softmax(scores, dim=-1) @ value
    return attended.transpose(1, 2).flatten(2)


def _by_head(states: Tensor, heads: int) -> Tensor:
    """Bring (B, n, w) to (B, heads, n, w / heads)."""
    batch, length, width = states.shape
    return states.reshape(batch, length, heads, width // heads).transpose(1, 2)
