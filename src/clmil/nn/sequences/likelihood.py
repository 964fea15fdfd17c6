"""Targets as label sequences, and the loss of writing them word for word."""

import torch
from torch import Tensor

from clmil.nn.sequences.decoder import LabelDecoder
from clmil.nn.sequences.encoder import Memory


def label_sequences(targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return relevant labels in the order of the columns, by falling training frequency.

    Args:
        targets: (B, l) int8, 1 relevant, 0 not, -1 unknown. An unknown label is not part of the
            sequence. A row without any known cell tells nothing and is left out.

    Returns:
        (B, T) int64 tokens, END = l after the labels and on the padding; (B, T) bool, true up to
        and with the first END, all false in rows that are left out.
    """
    relevant = targets == 1
    labels, counts = targets.shape[1], relevant.sum(dim=1, keepdim=True)
    places = torch.arange(int(counts.max()) + 1, device=targets.device)
    columns = (~relevant).to(torch.uint8).argsort(dim=1, stable=True)
    columns = torch.nn.functional.pad(columns, (0, 1), value=labels)[:, : len(places)]
    alive = (places <= counts) & (targets >= 0).any(dim=1, keepdim=True)
    return columns.masked_fill(places >= counts, labels), alive


def teach(decoder: LabelDecoder, memory: Memory, sequences: Tensor) -> Tensor:
    """Return (B, T, l + 1) log-probabilities of each next token after the (B, T) true ones."""
    state, tokens = decoder.start(memory), torch.full_like(sequences[:, 0], decoder.begin)
    steps = []
    for following in sequences.unbind(dim=1):
        logits, state = decoder.step(tokens, state, memory)
        steps.append(decoder.trained_log_probabilities(logits, state.emitted))
        tokens = following
    return torch.stack(steps, dim=1)


def likelihood_loss(log_probabilities: Tensor, sequences: Tensor, alive: Tensor) -> Tensor:
    """Return the mean negative log-likelihood of a token, END included; 0 without tokens.

    Args:
        log_probabilities: (B, T, l + 1).
        sequences: (B, T) int64.
        alive: (B, T) bool, tokens that count.
    """
    wanted = log_probabilities.gather(2, sequences[..., None])[..., 0]
    lost = -wanted.masked_fill(~alive, 0.0).sum()
    return lost / alive.sum().clamp(min=1)
