"""Batches: every row once, like lengths together, the same for a seed and an epoch."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("torch")

from clmil.data.batching import LengthBatches, pad_texts, padded_batches
from clmil.data.padding import by_length


@given(
    lengths=st.lists(st.integers(0, 300), min_size=1, max_size=200),
    size=st.integers(1, 40),
    epoch=st.integers(0, 3),
)
def test_every_row_comes_once_an_epoch(lengths: list[int], size: int, epoch: int) -> None:
    batches = LengthBatches(np.array(lengths), size, seed=5, window=3)
    batches.set_epoch(epoch)
    drawn = list(batches)
    assert sorted(row for batch in drawn for row in batch) == list(range(len(lengths)))
    assert len(drawn) == len(batches)
    assert drawn == list(batches)


def test_epochs_and_seeds_differ() -> None:
    lengths = np.arange(100)
    first, second = LengthBatches(lengths, 8, seed=1), LengthBatches(lengths, 8, seed=2)
    assert list(first) != list(second)
    before = list(first)
    first.set_epoch(1)
    assert list(first) != before


def test_batches_hold_like_lengths_and_leave_out_what_is_not_kept() -> None:
    lengths = np.random.default_rng(0).integers(1, 500, 1000)
    keep = np.arange(1000) % 3 > 0
    batches = list(LengthBatches(lengths, 20, seed=0, window=10, keep=keep))
    spread = np.mean([np.ptp(lengths[batch]) for batch in batches])
    assert spread < 75  # of 500, where random batches span nearly all
    assert all(keep[row] for batch in batches for row in batch)


@given(st.lists(st.integers(0, 99), max_size=50), st.integers(1, 9))
def test_prediction_batches_cover_from_long_to_short(lengths: list[int], size: int) -> None:
    order = [row for batch in by_length(np.array(lengths, dtype=int), size) for row in batch]
    assert sorted(order) == list(range(len(lengths)))
    assert all(lengths[a] >= lengths[b] for a, b in pairwise(order))


def test_padding_rounds_up_and_keeps_the_pieces() -> None:
    batch = pad_texts([[5, 6, 7], [], [8] * 17])
    assert batch["text_ids"].shape == (3, 32)
    assert batch["lengths"].tolist() == [3, 0, 17]
    assert batch["text_ids"][0].tolist() == [5, 6, 7] + [0] * 29
    assert pad_texts([[]])["text_ids"].shape == (1, 16)


def test_padded_batches_hold_every_text_once_and_are_of_like_length():
    ids = [[5] * k for k in (3, 0, 40, 1, 17)]
    seen = []
    for rows, batch in padded_batches(ids, 2):
        assert batch["lengths"].tolist() == [len(ids[row]) for row in rows]
        for row, padded in zip(rows, batch["text_ids"], strict=True):
            assert padded[: len(ids[row])].tolist() == ids[row]
        seen += rows
    assert seen == [2, 4, 0, 3, 1]
    widths = [batch["text_ids"].shape[1] for _, batch in padded_batches(ids, 2, multiple=1)]
    assert widths == [40, 3, 1]
