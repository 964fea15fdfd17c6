"""Batches of like length, padded, without torch."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from clmil.data.padding import by_length, pad_rows


@given(lengths=st.lists(st.integers(0, 99), max_size=60), size=st.integers(1, 9))
def test_every_row_comes_once_the_longest_first(lengths: list[int], size: int) -> None:
    batches = by_length(np.array(lengths, dtype=int), size)
    rows = [row for batch in batches for row in batch]
    assert sorted(rows) == list(range(len(lengths)))
    assert [lengths[row] for row in rows] == sorted(lengths, reverse=True)
    assert all(len(batch) == size for batch in batches[:-1])


def test_rows_are_padded_with_zeros_to_a_multiple() -> None:
    padded, lengths = pad_rows([[5, 6, 7], [], [8] * 17])
    assert padded.shape == (3, 32)
    assert padded.dtype == lengths.dtype == np.int64
    assert padded[0, :4].tolist() == [5, 6, 7, 0]
    assert lengths.tolist() == [3, 0, 17]
    assert padded.sum() == 18 + 8 * 17
    assert pad_rows([[]], multiple=1)[0].shape == (1, 1)
