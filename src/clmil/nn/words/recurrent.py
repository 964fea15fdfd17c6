"""A bidirectional LSTM over padded texts, in which padding changes nothing."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import rnn

from clmil.nn.pooling import word_mask

SHUT = 1e4
"""What closes or opens a gate for good: the sigmoid of it is 1, and that of its negative 0."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Read:
    """What a BiLSTM of L layers and h units a direction makes of B texts.

    Attributes:
        states: (B, D, 2h), of the last layer; what stands on padding means nothing.
        hidden: (2L, B, h), the last state of each layer, forwards and then backwards.
        cell: (2L, B, h), the same of the cells.
    """

    states: Tensor
    hidden: Tensor
    cell: Tensor


def read_both_ways(lstm: nn.LSTM, words: Tensor, lengths: Tensor) -> Read:
    """Read texts; the result is that of `lstm` over packed sequences.

    On a CPU torch's backward pass through a packed sequence writes a gradient of the whole batch
    at every word. The fused kernel has no such cost but knows no lengths. So it reads one input
    more, which is 1 on padding and there shuts the input gate and opens the forget gate: the cell
    goes through padding as it is.

    Args:
        lstm: bidirectional and batch first, with biases.
        words: (B, D, e).
        lengths: (B,) int64, words of each text, at least 1.
    """
    if words.is_cuda:
        return _packed(lstm, words, lengths)
    mask = word_mask(words[..., 0], lengths)
    padding = (~mask)[..., None].to(words.dtype)
    rows, last = torch.arange(len(words)), lengths - 1
    hidden, cells = [], []
    for layer in range(lstm.num_layers):
        if layer:
            words = functional.dropout(words, lstm.dropout, lstm.training)
        inputs = torch.cat([words.masked_fill(~mask[..., None], 0.0), padding], dim=-1)
        first = words.new_zeros(2, len(words), lstm.hidden_size)
        words, ended, cell = torch.lstm(
            inputs, (first, first), _weights(lstm, layer), True, 1, 0.0, lstm.training, True, True
        )
        # The output gate is not shut, so that forwards the state of the last word is looked up.
        hidden += [words[rows, last, : lstm.hidden_size], ended[1]]
        cells.append(cell)
    return Read(states=words, hidden=torch.stack(hidden), cell=torch.cat(cells))


def _weights(lstm: nn.LSTM, layer: int) -> list[Tensor]:
    """Return the weights of a layer, with a column for the input that is 1 on padding."""
    found = []
    for direction in ("", "_reverse"):
        inner, *others = (
            getattr(lstm, f"{name}_l{layer}{direction}")
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        column = inner.new_zeros(len(inner), 1)
        column[: lstm.hidden_size] = -SHUT
        column[lstm.hidden_size : 2 * lstm.hidden_size] = SHUT
        found += [torch.cat([inner, column], dim=1), *others]
    return found


def _packed(lstm: nn.LSTM, words: Tensor, lengths: Tensor) -> Read:
    packed = rnn.pack_padded_sequence(words, lengths.cpu(), batch_first=True, enforce_sorted=False)
    read, (hidden, cell) = lstm(packed)
    states, _ = rnn.pad_packed_sequence(read, batch_first=True, total_length=words.shape[1])
    return Read(states=states, hidden=hidden, cell=cell)
