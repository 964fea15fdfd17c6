"""Votes of the nearest training texts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clmil.decisions.neighbours import NeighbourStore, mix, tune
from clmil.errors import DataError

STORE = NeighbourStore(
    texts=np.array([[0, 1], [2, 0], [0, -3]], dtype=np.float32),
    targets=np.array([[1, 0, 0], [1, 1, 0], [0, 0, 1]], dtype=np.int8),
)
QUERY = np.zeros((1, 2), dtype=np.float32)
MODEL = np.array([[0.2, 0.6, 0.4]], dtype=np.float32)


@pytest.mark.parametrize(
    ("k", "expected"),
    [(1, [1, 0, 0]), (2, [1, 0.26894, 0]), (3, [0.90997, 0.24473, 0.09003]), (9, None)],
)
def test_worked_votes(k: int, expected: list[float] | None) -> None:
    found = STORE.nearest(QUERY, k)
    assert found.rows[0].tolist() == [0, 1, 2][:k]
    assert found.distances[0].tolist() == pytest.approx([1, 2, 3][:k])
    votes = STORE.vote(found)
    expected = expected or STORE.vote(STORE.nearest(QUERY, 3))[0].tolist()
    assert votes[0].tolist() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("weight", "expected"), [(0.5, [0.6, 0.43447, 0.2]), (1.0, [1.0, 0.26894, 0.0])]
)
def test_worked_mixture(weight: float, expected: list[float]) -> None:
    votes = STORE.vote(STORE.nearest(QUERY, 2))
    mixed = mix(MODEL, votes, weight)
    assert mixed.dtype == MODEL.dtype
    assert mixed[0].tolist() == pytest.approx(expected, abs=1e-5)


def test_weight_zero_is_the_model_bit_for_bit() -> None:
    votes = STORE.vote(STORE.nearest(QUERY, 2))
    assert mix(MODEL, votes, 0.0).tobytes() == MODEL.tobytes()
    assert mix(MODEL, np.full_like(votes, np.nan), 0.0).tobytes() == MODEL.tobytes()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), k=st.integers(1, 12))
def test_search_equals_the_naive_one(seed: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    texts = rng.normal(size=(10, 3)).astype(np.float32)
    store = NeighbourStore(texts=texts, targets=np.ones((10, 1), dtype=np.int8))
    queries = rng.normal(size=(4, 3)).astype(np.float32)
    found = store.nearest(queries, k)
    apart = np.linalg.norm(queries[:, None].astype(float) - texts[None], axis=2)
    np.testing.assert_array_equal(found.rows, np.argsort(apart, axis=1)[:, :k])
    np.testing.assert_allclose(found.distances, np.sort(apart, axis=1)[:, :k], atol=1e-5)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), k=st.integers(1, 9), twins=st.booleans())
def test_a_text_of_the_store_never_finds_itself(seed: int, k: int, twins: bool) -> None:
    rng = np.random.default_rng(seed)
    texts = rng.normal(size=(8, 3)).astype(np.float32)
    if twins:
        texts[:] = texts[0]
    store = NeighbourStore(texts=texts, targets=np.ones((8, 1), dtype=np.int8))
    own = np.array([0, 5, -1])
    found = store.nearest(texts[[0, 5, 2]], k, own=own)
    assert found.rows.shape == (3, min(k, 7))
    assert not (found.rows == own[:, None]).any()
    assert (np.diff(found.distances, axis=1) >= 0).all()
    assert all(len(set(row)) == len(row) for row in found.rows.tolist())


def test_votes_do_not_depend_on_a_common_offset_of_far_texts() -> None:
    """Distances in the hundreds must not vanish in the exponential."""
    far = NeighbourStore(texts=STORE.texts + np.float32([0, 5000]), targets=STORE.targets)
    votes = far.vote(far.nearest(QUERY, 2))
    assert np.isfinite(votes).all()
    assert votes.sum() > 0


def test_unknown_cells_have_no_vote() -> None:
    targets = np.array([[-1, 0, -1], [1, 1, -1], [0, 0, -1]], dtype=np.int8)
    store = NeighbourStore(texts=STORE.texts, targets=targets)
    votes = store.vote(store.nearest(QUERY, 3))
    near = np.exp([-1.0, -2.0, -3.0])
    assert votes[0, :2].tolist() == pytest.approx(
        [near[1] / (near[1] + near[2]), near[1] / near.sum()]
    )
    assert np.isnan(votes[0, 2])
    mixed = mix(MODEL, votes, 0.5)
    assert mixed[0, 2] == MODEL[0, 2]
    assert np.isfinite(mixed).all()


def test_large_temperature_counts_heads() -> None:
    votes = STORE.vote(STORE.nearest(QUERY, 3), temperature=1e9)
    assert votes[0].tolist() == pytest.approx([2 / 3, 1 / 3, 1 / 3])


def test_tuning_finds_the_better_side() -> None:
    rng = np.random.default_rng(0)
    targets = (rng.random((60, 3)) < 0.5).astype(np.int8)
    texts = (targets * 10 + rng.normal(size=(60, 3))).astype(np.float32)
    store = NeighbourStore(texts=texts[:40], targets=targets[:40])
    found = store.nearest(texts[40:], 5)
    noise = rng.random((20, 3)).astype(np.float32)
    bad = tune(store, found, noise, targets[40:], counts=(1, 5))
    assert bad.micro_f1 > 0.9
    assert bad.weight > 0.3
    perfect = np.where(targets[40:] == 1, 0.9, 0.1).astype(np.float32)
    good = tune(store, found, perfect, targets[40:], counts=(1, 5))
    assert (good.weight, good.neighbours, good.micro_f1) == (0.0, 1, 1.0)


def test_texts_of_unit_length_are_found_by_their_direction() -> None:
    rng = np.random.default_rng(4)
    texts, lengths = rng.normal(size=(30, 4)), rng.uniform(0.1, 9, (30, 1))
    targets = (rng.random((30, 3)) < 0.5).astype(np.int8)
    store = NeighbourStore.of(texts * lengths, targets, normalise=True)
    queries = rng.normal(size=(5, 4))
    found = store.nearest(queries * 7, 6)
    cosines = queries @ texts.T / np.outer(*(np.linalg.norm(x, axis=1) for x in (queries, texts)))
    assert np.array_equal(found.rows, np.argsort(-cosines, axis=1)[:, :6])
    nearest = np.sort(cosines, axis=1)[:, ::-1][:, :6]
    assert found.distances == pytest.approx(np.sqrt(2 - 2 * nearest))
    assert tune(store, found, np.zeros((5, 3)), targets[:5], counts=(2,)).normalise


def test_tuning_leaves_out_unknown_cells() -> None:
    targets = np.array([[1, -1, -1]], dtype=np.int8)
    choice = tune(STORE, STORE.nearest(QUERY, 2), MODEL, targets, counts=(2,))
    assert choice.micro_f1 == 1.0
    assert choice.weight == 0.4  # the first at which 0.2 + 0.8 w exceeds 0.5


def test_a_store_needs_texts_and_as_many_rows_of_labels() -> None:
    with pytest.raises(DataError, match="3 texts and 2 rows"):
        NeighbourStore(texts=STORE.texts, targets=STORE.targets[:2])
    with pytest.raises(DataError, match="0 texts"):
        NeighbourStore(texts=STORE.texts[:0], targets=STORE.targets[:0])
