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


def pad_windows(
    ids: Sequence[Any], room: int, *, multiple: int = PAD_TO
) -> tuple[np.ndarray, np.ndarray]:
    """Pad lists of word pieces, and cut them into as many windows as the longest takes.

    Args:
        ids: word pieces of each text, at least one list.
        room: word pieces that a window takes.
        multiple: of which the length is one, where one window takes all.

    Returns:
        (B, K, room) int64, or (B, 1, D) where one window takes all; and the (B,) int64 lengths.
    """
    if max(map(len, ids)) <= room:
        padded, lengths = pad_rows(ids, multiple=multiple)
        return padded[:, None], lengths
    padded, lengths = pad_rows(ids, multiple=room)
    return padded.reshape(len(ids), -1, room), lengths
