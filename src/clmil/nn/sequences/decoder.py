"""The decoder of SGM: one label a step, with what it has written so far in its state."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from clmil.nn.dropout import Dropout
from clmil.nn.pooling import at_least_single
from clmil.nn.sequences.attention import Attention
from clmil.nn.sequences.encoder import Memory
from clmil.nn.sequences.settings import SequenceSettings


@dataclass(frozen=True, kw_only=True, eq=False)
class State:
    """What N sequences have come to.

    Attributes:
        hidden, cell: (L, N, h), of the LSTM.
        context: (N, h), the last step's attention.
        previous: (N, l + 2), probabilities of the tokens at the last step, which only the
            global embedding reads.
        emitted: (N, l) bool, the labels written. It travels with its sequence when a search
            reorders them, so that no mask is ever another sequence's.
    """

    hidden: Tensor
    cell: Tensor
    context: Tensor
    previous: Tensor
    emitted: Tensor

    def select(self, rows: Tensor) -> "State":
        """Return the state of the given rows, (M,) int64."""
        return State(
            hidden=self.hidden[:, rows],
            cell=self.cell[:, rows],
            context=self.context[rows],
            previous=self.previous[rows],
            emitted=self.emitted[rows],
        )


class LabelDecoder(nn.Module):
    """An LSTM over label vectors, attention over the text, and scores of labels and the end.

    Tokens are the labels' columns, then END = l and BEGIN = l + 1. Outputs are the first l + 1:
    the padding, beginning and unknown tokens that other code can emit do not exist.
    """

    def __init__(self, settings: SequenceSettings, labels: int) -> None:
        """Build the decoder for l labels."""
        super().__init__()
        self.settings = settings
        self.labels, self.end, self.begin = labels, labels, labels + 1
        width, units = settings.label_width, 2 * settings.hidden
        self.table = nn.Embedding(labels + 2, width)
        self.gate = nn.Linear(2 * width, width) if settings.global_embedding else None
        self.lstm = nn.LSTM(
            width + (units if settings.input_feed else 0),
            units,
            num_layers=settings.decoder_layers,
            dropout=settings.dropout if settings.decoder_layers > 1 else 0.0,
            batch_first=True,
        )
        self.attention = Attention(units)
        self.dropout = Dropout(settings.dropout)
        self.output = nn.Linear(units, labels + 1)

    def start(self, memory: Memory) -> State:
        """Return the state before the first step of a sequence for each of B texts."""
        layers = self.settings.decoder_layers
        first = memory.states[:, 0]
        previous = first.new_zeros(len(first), self.labels + 2)
        previous[:, self.begin] = 1.0
        return State(
            hidden=memory.hidden[-layers:].contiguous(),
            cell=memory.cell[-layers:].contiguous(),
            context=torch.zeros_like(first),
            previous=previous,
            emitted=previous[:, : self.labels].bool(),
        )

    def step(self, tokens: Tensor, state: State, memory: Memory) -> tuple[Tensor, State]:
        """Read a token and score the next.

        Args:
            tokens: (N,) int64, the last token of each sequence.
            state: of N sequences, k = N / B a text.
            memory: of B texts.

        Returns:
            (N, l + 1) logits, unmasked, and the new state, `tokens` among its labels.
        """
        inputs = self.token_vectors(tokens, state)
        if self.settings.input_feed:
            inputs = torch.cat([inputs, state.context], dim=-1)
        carried = (state.hidden.contiguous(), state.cell.contiguous())
        read, (hidden, cell) = self.lstm(inputs[:, None], carried)
        mixed, context = self.attention(read[:, 0], memory)
        logits = self.output(self.dropout(mixed))
        written = functional.one_hot(tokens, self.labels + 2)[:, : self.labels].bool()
        emitted = state.emitted | written
        previous = state.previous
        if self.gate is not None:
            shares = self.trained_log_probabilities(logits, emitted).exp()
            previous = functional.pad(shares.to(logits.dtype), (0, 1))
        return logits, State(
            hidden=hidden,
            cell=cell,
            context=context,
            previous=previous,
            emitted=emitted,
        )

    def token_vectors(self, tokens: Tensor, state: State) -> Tensor:
        """Return the (N, w) vectors of tokens, with the global embedding where it is on.

        It is e + g (E p - e) with g = sigmoid(W [e; E p]) (Yang et al. 2018, section 3.4), p the
        last step's probabilities; before the first, p is all on BEGIN.
        """
        vectors: Tensor = self.table(tokens)
        if self.gate is None:
            return vectors
        mean = state.previous @ self.table.weight
        gate = self.gate(torch.cat([vectors, mean], dim=-1)).sigmoid()
        return torch.lerp(vectors, mean, gate)

    def trained_log_probabilities(self, logits: Tensor, emitted: Tensor) -> Tensor:
        """Return the (N, l + 1) log-probabilities that the likelihood is made of."""
        if not self.settings.mask_training:
            return at_least_single(logits).log_softmax(dim=-1)
        return masked_log_softmax(logits, allowed(emitted, limit=self.labels))


def allowed(emitted: Tensor, *, limit: int, never_empty: bool = False) -> Tensor:
    """Return which tokens may follow, (N, l + 1) bool: no label twice, and the end.

    Args:
        emitted: (N, l) bool, labels written so far.
        limit: labels after which only the end may follow.
        never_empty: forbid the end before the first label.
    """
    written = emitted.sum(dim=1, keepdim=True)
    end = (written > 0) | (not never_empty)
    return torch.cat([~emitted & (written < limit), end], dim=1)


def masked_log_softmax(logits: Tensor, mask: Tensor) -> Tensor:
    """Return log-probabilities over the unmasked tokens, in at least fp32; elsewhere -inf."""
    return at_least_single(logits).masked_fill(~mask, float("-inf")).log_softmax(dim=-1)
