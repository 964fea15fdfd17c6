"""Masked language modelling (Devlin et al., 2019, section 3.1) with the encoder of a network."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from clmil.nn.pooling import word_mask

if TYPE_CHECKING:
    from clmil.nn.network import Network

UNASKED = -100
"""Stands where nothing is to be told."""

MASKED, RANDOM = 0.8, 0.1
"""Shares of the chosen pieces that the mask token and a random piece replace; the rest is kept."""

SPREAD = 0.02
"""Standard deviation of the head's first weights, that of BERT."""


class Masking(nn.Module):
    """Chooses word pieces that are to be told, and hides most of them.

    Args:
        pieces: (P,) int64 ids that may be chosen, and may stand in for others: no special tokens.
        vocabulary: rows of the encoder's table.
        mask: id of the mask token.
        share: of the pieces that are chosen; at least one of a text.
    """

    pieces: Tensor
    ordinary: Tensor

    def __init__(self, pieces: Tensor, vocabulary: int, *, mask: int, share: float) -> None:
        super().__init__()
        self.mask, self.share = mask, share
        ordinary = torch.zeros(vocabulary, dtype=torch.bool)
        ordinary[pieces] = True
        self.register_buffer("pieces", pieces, persistent=False)
        self.register_buffer("ordinary", ordinary, persistent=False)

    def forward(
        self, ids: Tensor, real: Tensor, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """Draw masks.

        Args:
            ids: (B, D) int64 word pieces.
            real: (B, D) bool, false on padding.
            generator: of the chance; None: torch's own.

        Returns:
            (B, D) int64 pieces as the encoder is to read them, and (B, D) int64 pieces to be
            told, `UNASKED` elsewhere.
        """
        draw, kind = (
            torch.rand(ids.shape, generator=generator, device=ids.device) for _ in range(2)
        )
        other = torch.randint(len(self.pieces), ids.shape, generator=generator, device=ids.device)
        draw = draw.masked_fill(~(real & self.ordinary[ids]), 2.0)
        chosen = (draw < self.share) | (draw == draw.amin(dim=1, keepdim=True))
        chosen &= draw < 1
        hidden = torch.where(chosen & (kind < MASKED), self.mask, ids)
        swapped = chosen & (kind >= MASKED) & (kind < MASKED + RANDOM)
        hidden = torch.where(swapped, self.pieces[other], hidden)
        return hidden, ids.masked_fill(~chosen, UNASKED)


class MaskedLanguageHead(nn.Module):
    """From states to logits over the vocabulary, whose vectors are the encoder's own."""

    def __init__(self, hidden: int, embedding: int, vocabulary: int) -> None:
        super().__init__()
        self.dense = nn.Linear(hidden, embedding)
        self.norm = nn.LayerNorm(embedding)
        self.bias = nn.Parameter(torch.zeros(vocabulary))
        nn.init.normal_(self.dense.weight, std=SPREAD)
        nn.init.zeros_(self.dense.bias)

    def forward(self, states: Tensor, table: Tensor) -> Tensor:
        """Return (M, V) logits of (M, h) states, given the (V, e) word vectors."""
        transformed = self.norm(functional.gelu(self.dense(states)))
        return functional.linear(transformed, table, self.bias)


class MaskedLanguageNetwork(nn.Module):
    """A network whose encoder tells hidden word pieces of `[CLS] x [SEP]`, no label tokens.

    The head is no part of the network, and goes when the stage ends. Where several processes
    train, each sees its share of a batch, and the losses of all add up to that of the batch.
    """

    def __init__(self, network: "Network", masking: Masking, *, processes: int = 1) -> None:
        super().__init__()
        table = network.encoder.get_input_embeddings()
        hidden = network.encoder.config.hidden_size
        self.network, self.masking, self.processes = network, masking, processes
        self.head = MaskedLanguageHead(hidden, table.embedding_dim, table.num_embeddings)

    def forward(
        self, text_ids: Tensor, lengths: Tensor, asked: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Return the mean cross-entropy of the pieces to be told.

        Args:
            text_ids: (B, D) int64 word pieces without special tokens.
            lengths: (B,) int64.
            asked: (B, D) int64 pieces to be told, `UNASKED` elsewhere, if `text_ids` are masked
                already; None: masks are drawn.
        """
        if asked is None:
            text_ids, asked = self.masking(text_ids, word_mask(text_ids, lengths))
        states = self.network.encode(text_ids, lengths, joint=False).states
        place = asked != UNASKED
        words = states[:, 1 : asked.shape[1] + 1][place]
        logits = self.head(words, self.network.encoder.get_input_embeddings().weight)
        total = functional.cross_entropy(logits.float(), asked[place], reduction="sum")
        loss = total / self._count(place).clamp(min=1)
        return {"loss": loss, "parts": loss.detach()[None]}

    def _count(self, place: Tensor) -> Tensor:
        """Return how many pieces the whole batch asks for."""
        count = place.sum()
        if self.training and self.processes > 1:
            torch.distributed.all_reduce(count)
        return count
