"""Documents of like length together, padded: NumPy alone, for every runtime."""

from collections.abc import Sequence
from typing import Any

import numpy as np

PAD_TO = 16
"""Batch lengths are rounded up to a multiple of this, which keeps their shapes few."""


def by_length(lengths: np.ndarray, batch_size: int) -> list[list[int]]:
    """Return batches of rows from longest to shortest, for prediction."""
    order = np.argsort(-lengths, kind="stable")
    return [order[at : at + batch_size].tolist() for at in range(0, len(order), batch_size)]


def pad_rows(ids: Sequence[Any], *, multiple: int = PAD_TO) -> tuple[np.ndarray, np.ndarray]:
    """Pad lists of word pieces, at least one list.

    Returns:
        (B, D) int64 word pieces, 0 past a document's end, and the (B,) int64 lengths; D is at
        least 1.
    """
    lengths = np.array([len(row) for row in ids], dtype=np.int64)
    longest = max(int(lengths.max()), 1)
    padded = np.zeros((len(lengths), -(-longest // multiple) * multiple), dtype=np.int64)
    for row, pieces in zip(padded, ids, strict=True):
        row[: len(pieces)] = pieces
    return padded, lengths


def in_windows(padded: np.ndarray, lengths: np.ndarray, room: int) -> np.ndarray:
    """Cut what `pad_rows` gives into as many windows as the longest text takes.

    Args:
        padded: (B, D) int64.
        lengths: (B,) int64.
        room: word pieces that a window takes.

    Returns:
        (B, K, room); or (B, 1, D), if one window takes them all.
    """
    number = -(-int(lengths.max()) // room)
    if number <= 1:
        return padded[:, None, :room]
    whole = np.zeros((len(padded), number * room), dtype=padded.dtype)
    kept = min(padded.shape[1], number * room)
    whole[:, :kept] = padded[:, :kept]
    return whole.reshape(len(padded), number, room)
