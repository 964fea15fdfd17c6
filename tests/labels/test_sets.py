"""Distinct label sets and the documents of each."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from clmil.labels import sets
from clmil.labels.sets import DistinctSets

TARGETS = st.integers(0, 30).flatmap(
    lambda n: st.sampled_from([1, 3, 7, 8, 9]).flatmap(
        lambda labels: arrays(np.int8, (n, labels), elements=st.integers(-1, 1))
    )
)


@given(TARGETS)
@settings(deadline=None, max_examples=80)
def test_sets_rebuild_the_corpus(targets):
    distinct = DistinctSets.of(targets)
    np.testing.assert_array_equal(distinct.sets[distinct.inverse], targets == 1)
    np.testing.assert_array_equal(distinct.annotated[distinct.inverse], (targets >= 0).all(axis=1))
    keys = np.c_[distinct.sets, distinct.annotated]
    assert len({tuple(key) for key in keys.tolist()}) == len(keys)
    assert distinct.counts.sum() == len(targets)
    assert sorted(distinct.documents.tolist()) == list(range(len(targets)))
    for k, count in enumerate(distinct.counts):
        mine = distinct.documents[distinct.offsets[k] : distinct.offsets[k + 1]]
        assert len(mine) == count
        assert (distinct.inverse[mine] == k).all()


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csc_array, sparse.coo_matrix])
def test_sparse_equals_dense(kind):
    targets = (np.random.default_rng(1).random((50, 11)) < 0.2).astype(np.int8)
    dense, thin = DistinctSets.of(targets), DistinctSets.of(kind(targets))
    np.testing.assert_array_equal(dense.sets, thin.sets)
    np.testing.assert_array_equal(dense.inverse, thin.inverse)
    assert thin.annotated.all()


def test_chunks_do_not_matter(monkeypatch):
    targets = (np.random.default_rng(2).random((50, 4)) < 0.5).astype(np.int8)
    whole = DistinctSets.of(targets)
    monkeypatch.setattr(sets, "CHUNK", 7)
    np.testing.assert_array_equal(DistinctSets.of(targets).inverse, whole.inverse)
