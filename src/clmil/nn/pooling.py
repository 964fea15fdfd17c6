"""Pooling over word positions with exact masks."""

import torch
from torch import Tensor


def word_mask(text_ids: Tensor, lengths: Tensor) -> Tensor:
    """Return (B, D) bool, true on the first `lengths` positions of each row."""
    places = torch.arange(text_ids.shape[1], device=text_ids.device)
    return places < lengths[:, None]


def masked_max(states: Tensor, mask: Tensor) -> Tensor:
    """Return the maximum over real positions, (B, D, h) with a (B, D) mask to (B, h).

    A row without any real position gives zeros rather than minus infinity.
    """
    largest = states.masked_fill(~mask[..., None], float("-inf")).max(dim=1).values
    return largest.masked_fill(~mask.any(dim=1)[:, None], 0.0)


def masked_sum(states: Tensor, mask: Tensor) -> Tensor:
    """Return the sum over real positions, (B, D, h) with a (B, D) mask to (B, h)."""
    return states.masked_fill(~mask[..., None], 0.0).sum(dim=1)


def masked_mean(states: Tensor, mask: Tensor) -> Tensor:
    """Return the mean over real positions, (B, D, h) with a (B, D) mask to (B, h)."""
    count = mask.sum(dim=1, keepdim=True).clamp(min=1)
    return masked_sum(states, mask) / count.to(states.dtype)


def pool_words(states: Tensor, mask: Tensor, how: str) -> Tensor:
    """Pool (B, D, h) over words by `max`, `sum` or `mean`."""
    return {"max": masked_max, "sum": masked_sum, "mean": masked_mean}[how](states, mask)


def pool_text(hidden: Tensor, mask: Tensor, how: str) -> Tensor:
    """Return one vector a text, (B, h), from encoder states.

    Args:
        hidden: (B, n, h) encoder states, [CLS] first.
        mask: (B, n) bool, the positions that a mean covers.
        how: `cls` or `mean`.
    """
    return hidden[:, 0] if how == "cls" else masked_mean(hidden, mask)


def l2_normalise(states: Tensor) -> Tensor:
    """Scale vectors along the last axis to unit length (equation 3), in fp32."""
    return torch.nn.functional.normalize(at_least_single(states), dim=-1, eps=1e-12)


def inverse_norm(states: Tensor) -> Tensor:
    """Return 1 / |x| of vectors along the last axis, in at least fp32; huge but finite for 0."""
    single = torch.promote_types(states.dtype, torch.float32)
    norm: Tensor = torch.linalg.vector_norm(states, dim=-1, dtype=single)
    return norm.clamp(min=1e-12).reciprocal()


def at_least_single(states: Tensor) -> Tensor:
    """Raise half precision to fp32; leave fp32 and fp64 as they are."""
    return states.float() if states.element_size() < 4 else states
