"""Encoders of the BERT family over packed documents: no padding, no attention masks.

The documents of a batch stand one after another in a (T, h) matrix, so that linear layers
see real tokens only, and attention runs a document at a time in blocks that stay in the
processor's cache. The function is that of transformers' own classes, whose weights are used
in place (`tests/nn/test_packed.py` compares values and gradients).
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from clmil.nn.dropout import add_dropped, dropped, keep_mask
from clmil.nn.leaning import Leaning
from clmil.nn.pooling import at_least_single
from clmil.nn.precision import as_computed

FAMILIES = ("bert", "roberta", "xlm-roberta", "camembert")
"""Values of `model_type` whose layers are built like BERT's."""

SHORT = 128
"""Tokens up to which PyTorch's own attention kernel is the faster one in prediction."""

BLOCK = 2**20
"""Attention scores (heads x words x words) computed at once; they stay in the cache."""


def packs(encoder: Any) -> bool:
    """Tell whether an encoder can be run packed."""
    config = encoder.config
    absolute = getattr(config, "position_embedding_type", None) in (None, "absolute")
    causal = getattr(config, "is_decoder", False)
    return config.model_type in FAMILIES and absolute and not causal


def encode_packed(
    encoder: Any,
    embedded: Tensor,
    segments: Tensor,
    positions: Tensor,
    counts: Sequence[int],
    beside: Sequence[Tensor] | None = None,
    leaning: Leaning | None = None,
) -> Tensor:
    """Run an encoder over packed documents.

    Args:
        encoder: a transformers model for which `packs` holds.
        embedded: (T, h) word vectors.
        segments: (T,) int64 token types.
        positions: (T,) int64 position ids.
        counts: tokens of each document; they sum to T.
        beside: (k, 2h) keys and values of each layer, from `encode_beside`, that every document
            attends to too.
        leaning: of words on labels, which stand at the end of each document or beside it.

    Returns:
        (T, h) last hidden states.
    """
    states = as_computed(first_states(encoder, embedded, segments, positions))
    for number, layer in enumerate(encoder.encoder.layer):
        inward = _inward(layer.attention.self, states)
        more = beside[number] if beside else None
        states = _layer(layer, states, inward, counts, more, leaning)
    return states


def encode_beside(
    encoder: Any, embedded: Tensor, segments: Tensor, positions: Tensor
) -> tuple[Tensor, list[Tensor]]:
    """Run an encoder over tokens that attend to each other alone, for documents to attend to.

    Args:
        encoder: a transformers model for which `packs` holds.
        embedded: (k, h) vectors of the tokens.
        segments: (k,) int64 token types.
        positions: (k,) int64 position ids.

    Returns:
        (k, h) last hidden states, and the (k, 2h) keys and values of each layer.
    """
    states, beside = as_computed(first_states(encoder, embedded, segments, positions)), []
    for layer in encoder.encoder.layer:
        inward = _inward(layer.attention.self, states)
        beside.append(inward[:, inward.shape[1] // 3 :])
        states = _layer(layer, states, inward, [len(states)])
    return states, beside


def first_states(encoder: Any, embedded: Tensor, segments: Tensor, positions: Tensor) -> Tensor:
    """Return what the first layer sees, (..., h); arguments as for `encode_packed`."""
    first = encoder.embeddings
    states = embedded + first.token_type_embeddings(segments) + first.position_embeddings(positions)
    return dropped(first.LayerNorm(states), first.dropout.p, training=encoder.training)


def _layer(
    layer: Any,
    states: Tensor,
    inward: Tensor,
    counts: Sequence[int],
    beside: Tensor | None = None,
    leaning: Leaning | None = None,
) -> Tensor:
    """Apply one transformer layer, (T, h) to (T, h), given its queries, keys and values."""
    within = layer.attention.self
    rate = within.dropout.p if layer.training else 0.0
    heads = within.num_attention_heads
    attended = packed_attention(inward, counts, heads, rate, beside=beside, leaning=leaning)
    return after_attention(layer, states, attended)


def after_attention(layer: Any, states: Tensor, attended: Tensor) -> Tensor:
    """Apply what follows the attention of a layer, (..., h) and (..., h) to (..., h)."""
    after, training = layer.attention.output, layer.training
    attended = after.dense(attended)
    states = after.LayerNorm(add_dropped(states, attended, after.dropout.p, training=training))
    wide = layer.intermediate.intermediate_act_fn(layer.intermediate.dense(states))
    out = layer.output
    narrow = out.dense(wide)
    normed: Tensor = out.LayerNorm(add_dropped(states, narrow, out.dropout.p, training=training))
    return normed


def _inward(within: Any, states: Tensor) -> Tensor:
    """Return queries, keys and values side by side, in one product."""
    joined = getattr(within, "joined", None)  # made ahead by `clmil.nn.prepared`
    if joined is not None:
        made: Tensor = joined(states)
        return made
    parts = (within.query, within.key, within.value)
    weight, bias = (torch.cat([getattr(p, name) for p in parts]) for name in ("weight", "bias"))
    return functional.linear(states, weight, bias)


def packed_attention(
    inward: Tensor,
    counts: Sequence[int],
    heads: int,
    rate: float = 0.0,
    gap: int = 0,
    beside: Tensor | None = None,
    leaning: Leaning | None = None,
) -> Tensor:
    """Attend within each document.

    Args:
        inward: (T, 3w) queries, keys and values side by side.
        counts: rows of each document.
        heads: number of heads, which divides w.
        rate: dropout of the attention weights.
        gap: rows before each document and after the last that belong to none; their output
            is zero.
        beside: (k, 2w) further keys and values that the words of every document attend to.
        leaning: of words on labels.

    Returns:
        (T, w).
    """
    if not torch.is_grad_enabled() and max(counts, default=0) <= SHORT:
        return _attend(inward, counts, heads, gap, beside, leaning)
    apply: Any = _PackedAttention.apply
    attended: Tensor = apply(inward, beside, tuple(counts), heads, rate, gap, leaning)
    return attended


def _attend(
    inward: Tensor,
    counts: Sequence[int],
    heads: int,
    gap: int,
    beside: Tensor | None,
    leaning: Leaning | None,
) -> Tensor:
    """Attend in PyTorch's fused kernel: fewer calls, which is what a short text waits for."""
    width = inward.shape[1] // 3
    result = inward.new_zeros(len(inward), width)
    for start, number, length in blocks(counts, heads, gap, beside):
        rows = slice(start, start + number * length)
        query, key, value = inward[rows].view(number, length, 3, heads, -1).permute(2, 0, 3, 1, 4)
        if beside is not None:
            more = _split(beside, 2, 1, heads)[:, None].expand(-1, number, -1, -1, -1)
            key, value = torch.cat([key, more[0]], dim=2), torch.cat([value, more[1]], dim=2)
        bias = None
        if leaning is not None:
            bias = inward.new_zeros(length, key.shape[2])
            leaning.add(bias, length)
        attended = functional.scaled_dot_product_attention(query, key, value, bias)
        target = result[rows].view(number, length, heads, -1)
        target.copy_(attended.transpose(1, 2))
    return result


class _PackedAttention(torch.autograd.Function):
    """Scaled dot-product attention, block by block, with an exact backward pass."""

    @staticmethod
    def forward(
        ctx: Any,
        inward: Tensor,
        beside: Tensor | None,
        counts: tuple[int, ...],
        heads: int,
        rate: float,
        gap: int,
        leaning: Leaning | None,
    ) -> Tensor:
        """Compute (T, w) from (T, 3w) and (k, 2w)."""
        result = inward.new_zeros(len(inward), inward.shape[1] // 3)
        saved = []
        for start, number, length in blocks(counts, heads, gap, beside):
            rows = slice(start, start + number * length)
            query, key, value = _split(inward[rows], 3, number, heads)
            key, value = _extended(key, value, beside, heads)
            scores = torch.bmm(query, key.transpose(1, 2)).mul_(query.shape[-1] ** -0.5)
            if leaning is not None:
                leaning.add(scores, length)
            weights = torch.softmax(scores, dim=-1)
            mask = keep_mask(weights, rate) if rate else None
            used = weights if mask is None else weights * mask
            _merge(result[rows], torch.bmm(used, value), 1, number, heads)
            saved += [weights, mask]
        ctx.save_for_backward(inward, beside, *saved)
        ctx.layout = counts, heads, gap
        return result

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients of `inward` and `beside`."""
        inward, beside, *saved = ctx.saved_tensors
        counts, heads, gap = ctx.layout
        result = torch.zeros_like(inward)
        shared = None if beside is None else at_least_single(_split(beside, 2, 1, heads)) * 0
        for at, (start, number, length) in enumerate(blocks(counts, heads, gap, beside)):
            rows = slice(start, start + number * length)
            weights, mask = saved[2 * at], saved[2 * at + 1]
            query, key, value = _split(inward[rows], 3, number, heads)
            key, value = _extended(key, value, beside, heads)
            (grad,) = _split(grads[0][rows], 1, number, heads)
            used = weights if mask is None else weights * mask
            of_value = torch.bmm(used.transpose(1, 2), grad)
            of_weights = torch.bmm(grad, value.transpose(1, 2))
            if mask is not None:
                of_weights *= mask
            of_scores = torch._softmax_backward_data(of_weights, weights, -1, weights.dtype)
            of_scores *= query.shape[-1] ** -0.5
            of_query = torch.bmm(of_scores, key)
            of_key = torch.bmm(of_scores.transpose(1, 2), query)
            own = torch.stack([of_query, of_key[:, :length], of_value[:, :length]])
            _merge(result[rows], own, 3, number, heads)
            if shared is not None:
                more = torch.stack([of_key[:, length:], of_value[:, length:]])
                apart = more.view(2, number, heads, len(beside), -1)
                shared += at_least_single(apart).sum(dim=1)
        of_beside = None
        if shared is not None:
            of_beside = torch.empty_like(beside)
            _merge(of_beside, shared, 2, 1, heads)
        return result, of_beside, None, None, None, None, None


def blocks(
    counts: Sequence[int], heads: int, gap: int = 0, beside: Tensor | None = None
) -> Iterator[tuple[int, int, int]]:
    """Yield first row, number of documents and their common length, of each block.

    Neighbours of equal length are taken together as far as their scores fit into `BLOCK`.
    """
    start, more = gap, 0 if beside is None else len(beside)
    for length, group in groupby(counts):
        left = len(list(group))
        scores = heads * length * (length + more)
        most = 1 if gap else max(BLOCK // max(scores, 1), 1)
        while left:
            number = min(left, most)
            if length:
                yield start, number, length
            start += number * (length + gap)
            left -= number


def _extended(
    key: Tensor, value: Tensor, beside: Tensor | None, heads: int
) -> tuple[Tensor, Tensor]:
    """Append the keys and values that all documents share to (number * heads, D, w / heads)."""
    if beside is None:
        return key, value
    more = _split(beside, 2, 1, heads).repeat(1, len(key) // heads, 1, 1)
    return torch.cat([key, more[0]], dim=1), torch.cat([value, more[1]], dim=1)


def _split(rows: Tensor, parts: int, number: int, heads: int) -> Tensor:
    """Bring (number * D, parts * w) to (parts, number * heads, D, w / heads)."""
    length, width = len(rows) // number, rows.shape[1] // (parts * heads)
    apart = rows.view(number, length, parts, heads, width).permute(2, 0, 3, 1, 4)
    return apart.reshape(parts, number * heads, length, width)


def _merge(target: Tensor, values: Tensor, parts: int, number: int, heads: int) -> None:
    """Write what `_split` brought apart back into rows."""
    length, width = len(target) // number, target.shape[1] // (parts * heads)
    together = values.view(parts, number, heads, length, width).permute(1, 3, 0, 2, 4)
    target.view(number, length, parts, heads, width).copy_(together)
