"""Search for likely label sequences, and sampling of them, over a whole batch at once."""

from dataclasses import dataclass

import torch
from torch import Tensor

from clmil.nn.sequences.decoder import LabelDecoder, State, allowed, masked_log_softmax
from clmil.nn.sequences.encoder import Memory


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """The best sequence of each of B texts.

    Attributes:
        sets: (B, l) bool, its labels; none where it ends at once.
        scores: (B,), its log-probability, the end included.
        peaks: (B, l), the highest probability that each label had at any of its steps. It ranks
            labels but is not calibrated: a label that is written is no longer predicted.
    """

    sets: Tensor
    scores: Tensor
    peaks: Tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class Sampled:
    """A sequence drawn for each of B texts, of at most T steps.

    Attributes:
        sets: (B, l) bool, its labels.
        log_probabilities: (B, T), of the tokens drawn, with gradient.
        alive: (B, T) bool, steps up to and with the end.
    """

    sets: Tensor
    log_probabilities: Tensor
    alive: Tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class _Beam:
    """k sequences for each of B texts, the best first; rows of `state` are text by text."""

    state: State
    tokens: Tensor  # (B, k) the last of each
    scores: Tensor  # (B, k)
    peaks: Tensor  # (B, k, l)
    ended: Tensor  # (B, k) bool


def search(
    decoder: LabelDecoder, memory: Memory, *, beam: int = 1, max_labels: int | None = None
) -> Found:
    """Find the most probable sequences by beam search; `beam=1` is greedy.

    A sequence that has ended keeps its score and its place, so that it competes with those that
    go on; as these only lose, the search is over once every text's best has ended. Scores are
    sums of log-probabilities over allowed tokens, not divided by length.

    Args:
        decoder: in eval mode, unless its dropout is wanted.
        memory: of B texts.
        beam: k, sequences followed.
        max_labels: of a sequence; None: the decoder's setting.
    """
    limit = max_labels or decoder.settings.max_labels
    current = _first(decoder, memory, beam)
    for _ in range(min(limit, decoder.labels) + 1):
        current = _extend(decoder, memory, current, limit)
        if bool(current.ended[:, 0].all()):
            break
    return Found(
        sets=current.state.emitted[::beam],
        scores=current.scores[:, 0],
        peaks=current.peaks[:, 0],
    )


def sample(decoder: LabelDecoder, memory: Memory, *, max_labels: int) -> Sampled:
    """Draw a sequence for each text from the decoder's distribution, no label twice."""
    state = decoder.start(memory)
    tokens = torch.full((len(memory.states),), decoder.begin, device=memory.states.device)
    going = torch.ones_like(tokens, dtype=torch.bool)
    chosen, alive = [], []
    while bool(going.any()):
        logits, state = decoder.step(tokens, state, memory)
        mask = allowed(state.emitted, limit=max_labels, never_empty=decoder.settings.never_empty)
        log_probabilities = masked_log_softmax(logits, mask)
        drawn = torch.multinomial(log_probabilities.detach().exp(), 1)
        tokens = drawn[:, 0].masked_fill(~going, decoder.end)
        chosen.append(log_probabilities.gather(1, drawn)[:, 0])
        alive.append(going)
        going = going & (tokens != decoder.end)
    return Sampled(
        sets=state.emitted,
        log_probabilities=torch.stack(chosen, dim=1),
        alive=torch.stack(alive, dim=1),
    )


def _first(decoder: LabelDecoder, memory: Memory, beam: int) -> _Beam:
    """Return k copies of the beginning, of which all but one are impossible."""
    texts, device = len(memory.states), memory.states.device
    state = decoder.start(memory).select(torch.arange(texts, device=device).repeat_interleave(beam))
    scores = torch.full((texts, beam), float("-inf"), device=device)
    scores[:, 0] = 0.0
    return _Beam(
        state=state,
        tokens=torch.full((texts, beam), decoder.begin, device=device),
        scores=scores,
        peaks=torch.zeros(texts, beam, decoder.labels, device=device),
        ended=torch.zeros(texts, beam, dtype=torch.bool, device=device),
    )


def _extend(decoder: LabelDecoder, memory: Memory, current: _Beam, limit: int) -> _Beam:
    """Go a step on with every sequence and keep the k best of each text."""
    texts, beam = current.scores.shape
    logits, state = decoder.step(current.tokens.flatten(), current.state, memory)
    mask = allowed(state.emitted, limit=limit, never_empty=decoder.settings.never_empty)
    step = masked_log_softmax(logits, mask).view(texts, beam, -1)
    stay = torch.full_like(step[0, 0], float("-inf"))
    stay[decoder.end] = 0.0
    ended = current.ended[..., None]
    totals = current.scores[..., None] + torch.where(ended, stay, step)
    scores, best = totals.flatten(1).topk(beam, dim=1)
    parents, tokens = best // step.shape[-1], best % step.shape[-1]
    seen = torch.maximum(current.peaks, step.exp()[..., : decoder.labels])
    peaks = torch.where(ended, current.peaks, seen)
    texts_first = torch.arange(texts, device=best.device)[:, None]
    return _Beam(
        state=state.select((texts_first * beam + parents).flatten()),
        tokens=tokens,
        scores=scores,
        peaks=peaks[texts_first, parents],
        ended=tokens == decoder.end,
    )
