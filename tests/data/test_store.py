import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from clmil.data.rows import Row
from clmil.data.store import FEATURES, hold_rows, read_column, select_rows, write_rows

ROWS = [
    Row(f"text {k}", None if k % 7 == 0 else [f"label {k % 3}"], ["x"] * (k % 2))
    for k in range(2500)
]


def test_on_disk_and_in_memory_are_the_same(tmp_path):
    on_disk, held = write_rows(ROWS, tmp_path / "a.arrow"), hold_rows(ROWS)
    assert on_disk.features == held.features == FEATURES
    assert on_disk[:] == held[:]
    assert [tuple(row.values()) for row in held] == ROWS


def test_large_texts_are_written_in_small_batches(tmp_path):
    big = [Row("x" * 1_000_000, [], [])] * 40
    chunks = write_rows(big, tmp_path / "a.arrow").data.column("text").chunks
    assert max(len(chunk) for chunk in chunks) < 20
    assert sum(len(chunk) for chunk in chunks) == 40


@given(st.integers(0, 9))
def test_a_selection_equals_that_of_the_library(seed):
    keep = np.random.default_rng(seed).random(len(ROWS)) < 0.3
    documents = hold_rows(ROWS)
    chosen = select_rows(documents, keep, None)
    assert chosen[:] == documents.select(np.flatnonzero(keep))[:]
    assert chosen.data.num_rows == keep.sum()


def test_a_selection_of_a_selection(tmp_path):
    halved = write_rows(ROWS, tmp_path / "a.arrow").select(range(0, 2500, 2))
    keep = np.arange(len(halved)) % 5 == 0
    chosen = select_rows(halved, keep, tmp_path / "b.arrow")
    assert chosen["text"][:3] == ["text 0", "text 10", "text 20"]
    assert read_column(halved, "text").to_pylist()[:2] == ["text 0", "text 2"]
