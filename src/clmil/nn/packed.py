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
    encoder: Any, embedded: Tensor, segments: Tensor, positions: Tensor, counts: Sequence[int]
) -> Tensor:
    """Run an encoder over packed documents.

    Args:
        encoder: a transformers model for which `packs` holds.
        embedded: (T, h) word vectors.
        segments: (T,) int64 token types.
        positions: (T,) int64 position ids.
        counts: tokens of each document; they sum to T.

    Returns:
        (T, h) last hidden states.
    """
    first = encoder.embeddings
    states = embedded + first.token_type_embeddings(segments) + first.position_embeddings(positions)
    states = dropped(first.LayerNorm(states), first.dropout.p, training=encoder.training)
    states = as_computed(states)
    for layer in encoder.encoder.layer:
        states = _layer(layer, states, counts)
    return states


def _layer(layer: Any, states: Tensor, counts: Sequence[int]) -> Tensor:
    """Apply one transformer layer, (T, h) to (T, h)."""
    within, after = layer.attention.self, layer.attention.output
    inward = _inward(within, states)
    rate = within.dropout.p if layer.training else 0.0
    attended = after.dense(packed_attention(inward, counts, within.num_attention_heads, rate))
    training = layer.training
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
    inward: Tensor, counts: Sequence[int], heads: int, rate: float = 0.0, gap: int = 0
) -> Tensor:
    """Attend within each document.

    Args:
        inward: (T, 3w) queries, keys and values side by side.
        counts: rows of each document.
        heads: number of heads, which divides w.
        rate: dropout of the attention weights.
        gap: rows before each document and after the last that belong to none; their output
            is zero.

    Returns:
        (T, w).
    """
    if not torch.is_grad_enabled() and max(counts, default=0) <= SHORT:
        return _attend(inward, counts, heads, gap)
    apply: Any = _PackedAttention.apply
    attended: Tensor = apply(inward, tuple(counts), heads, rate, gap)
    return attended


def _attend(inward: Tensor, counts: Sequence[int], heads: int, gap: int) -> Tensor:
    """Attend in PyTorch's fused kernel: fewer calls, which is what a short text waits for."""
    width = inward.shape[1] // 3
    result = inward.new_zeros(len(inward), width)
    for start, number, length in blocks(counts, heads, gap):
        rows = slice(start, start + number * length)
        query, key, value = inward[rows].view(number, length, 3, heads, -1).permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(query, key, value)
        target = result[rows].view(number, length, heads, -1)
        target.copy_(attended.transpose(1, 2))
    return result


class _PackedAttention(torch.autograd.Function):
    """Scaled dot-product attention, block by block, with an exact backward pass."""

    @staticmethod
    def forward(
        ctx: Any, inward: Tensor, counts: tuple[int, ...], heads: int, rate: float, gap: int
    ) -> Tensor:
        """Compute (T, w) from (T, 3w)."""
        result = inward.new_zeros(len(inward), inward.shape[1] // 3)
        saved = []
        for start, number, length in blocks(counts, heads, gap):
            rows = slice(start, start + number * length)
            query, key, value = _split(inward[rows], 3, number, heads)
            scores = torch.bmm(query, key.transpose(1, 2)).mul_(query.shape[-1] ** -0.5)
            weights = torch.softmax(scores, dim=-1)
            mask = keep_mask(weights, rate) if rate else None
            used = weights if mask is None else weights * mask
            _merge(result[rows], torch.bmm(used, value), 1, number, heads)
            saved += [weights, mask]
        ctx.save_for_backward(inward, *saved)
        ctx.layout = counts, heads, gap
        return result

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradient of `inward`."""
        inward, *saved = ctx.saved_tensors
        counts, heads, gap = ctx.layout
        result = torch.zeros_like(inward)
        for at, (start, number, length) in enumerate(blocks(counts, heads, gap)):
            rows = slice(start, start + number * length)
            weights, mask = saved[2 * at], saved[2 * at + 1]
            query, key, value = _split(inward[rows], 3, number, heads)
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
            merged = torch.stack([of_query, of_key, of_value])
            _merge(result[rows], merged, 3, number, heads)
        return result, None, None, None, None


def blocks(counts: Sequence[int], heads: int, gap: int = 0) -> Iterator[tuple[int, int, int]]:
    """Yield first row, number of documents and their common length, of each block.

    Neighbours of equal length are taken together as far as their scores fit into `BLOCK`.
    """
    start = gap
    for length, group in groupby(counts):
        left = len(list(group))
        most = 1 if gap else max(BLOCK // max(heads * length * length, 1), 1)
        while left:
            number = min(left, most)
            if length:
                yield start, number, length
            start += number * (length + gap)
            left -= number


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
