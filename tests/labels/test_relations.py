"""Co-occurrence, the partition of Table 1 and admissible negatives, on worked numbers."""

import dataclasses
import itertools
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import sparse

from clmil.errors import DataError, RecipeError
from clmil.labels.relations import LabelRelations
from tests.labels.examples import corpus, letters, row

TARGETS = arrays(
    np.int8,
    array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=7),
    elements=st.integers(0, 1),
)


@pytest.fixture(scope="module")
def relations() -> LabelRelations:
    return LabelRelations.fit(corpus())


def made(cooccurrence: list[list[int]]) -> LabelRelations:
    """Return relations of two-label documents that co-occur as often as is asked for."""
    wanted = np.triu(np.array(cooccurrence), 1)
    pairs = np.argwhere(wanted).repeat(wanted[wanted > 0], axis=0)
    return LabelRelations.fit(np.eye(len(wanted), dtype=np.int8)[pairs].sum(axis=1))


def naive_partition(
    m: np.ndarray, mean: np.ndarray, y: np.ndarray, against: list[int], ties: str
) -> list[int]:
    classes = []
    for j in range(len(y)):
        if y[j]:
            classes.append(0)
        elif any(m[j, k] > mean[k] for k in against):
            classes.append(1)
        elif ties == "strict" and any(m[j, k] == mean[k] for k in against):
            classes.append(-1)
        else:
            classes.append(2)
    return classes


def test_worked_matrix(relations):
    expected = np.array(
        [[0, 3, 2, 1, 0], [3, 0, 1, 0, 0], [2, 1, 0, 1, 0], [1, 0, 1, 0, 2], [0, 0, 0, 2, 0]]
    )
    np.testing.assert_array_equal(relations.cooccurrence, expected)
    assert relations.cooccurrence.dtype == np.int64
    np.testing.assert_array_equal(relations.mean_cooccurrence, [1.5, 1, 1, 1, 0.5])
    assert [letters(strong) for strong in relations.strong] == ["bc", "a", "a", "e", "d"]


def test_wrong_means_are_told_apart(relations):
    m = relations.cooccurrence
    with_diagonal = (m + np.diag(corpus().sum(axis=0))).sum(axis=1) / 5
    np.testing.assert_allclose(with_diagonal, [2.2, 1.4, 1.4, 1.6, 0.8])
    assert not (m > with_diagonal[:, None])[0, 2]
    over_l = m.sum(axis=1) / 5
    np.testing.assert_allclose(over_l, [1.2, 0.8, 0.8, 0.8, 0.4])
    assert ((m > over_l[:, None]) & ~relations.strong).sum() == 5
    assert relations.strong[0, 2]
    assert relations.strong.sum() == 6


@pytest.mark.parametrize(
    ("document", "indirect", "irrelevant"),
    [
        ("ab", "c", "de"),
        ("ad", "bce", ""),
        ("cd", "ae", "b"),
        ("de", "", "abc"),
        ("c", "a", "bde"),
        ("e", "d", "abc"),
        ("be", "ad", "c"),
    ],
)
def test_table1(relations, document, indirect, irrelevant):
    codes = relations.partition(row(document))
    assert codes.dtype == np.int8
    assert [letters(codes == code) for code in range(3)] == [document, indirect, irrelevant]


@pytest.mark.parametrize(
    ("document", "anchor", "indirect", "irrelevant"),
    [
        ("ab", "a", "c", "de"),
        ("ab", "b", "", "cde"),
        ("ad", "a", "bc", "e"),
        ("ad", "d", "e", "bc"),
        ("cd", "c", "a", "be"),
        ("cd", "d", "e", "ab"),
        ("de", "d", "", "abc"),
        ("de", "e", "", "abc"),
        ("c", "c", "a", "bde"),
        ("e", "e", "d", "abc"),
        ("be", "b", "a", "cd"),
        ("be", "e", "d", "ac"),
    ],
)
def test_anchor(relations, document, anchor, indirect, irrelevant):
    codes = relations.partition(row(document), rule="anchor", anchor="abcde".index(anchor))
    assert [letters(codes == code) for code in range(3)] == [document, indirect, irrelevant]


def test_exact_ties_are_irrelevant_or_in_no_set(relations):
    assert relations.partition(row("c")).tolist() == [1, 2, 0, 2, 2]
    assert relations.partition(row("c"), ties="strict").tolist() == [1, -1, 0, -1, 2]


def test_asymmetry():
    relations = made([[0, 10, 2], [10, 0, 0], [2, 0, 0]])
    np.testing.assert_array_equal(relations.mean_cooccurrence, [6, 5, 1])
    assert relations.partition(row("a", 3))[2] == 2
    assert relations.partition(row("c", 3))[0] == 1


def test_label_that_never_cooccurs_ties_with_all():
    relations = LabelRelations.fit(np.array([[1, 1, 0], [0, 0, 1]]))
    assert relations.partition([0, 0, 1]).tolist() == [2, 2, 0]
    assert relations.partition([0, 0, 1], ties="strict").tolist() == [-1, -1, 0]


@given(TARGETS, st.sampled_from(["complement", "strict"]))
@settings(deadline=None, max_examples=60)
def test_partition_equals_the_definition(targets, ties):
    relations = LabelRelations.fit(targets)
    m = targets.astype(int).T @ targets
    np.fill_diagonal(m, 0)
    np.testing.assert_array_equal(relations.cooccurrence, m)
    mean = m.sum(axis=1) / (len(m) - 1)
    many = relations.partition_many(targets, ties=ties)
    for y, codes in zip(targets, many, strict=True):
        positives = np.flatnonzero(y).tolist()
        assert codes.tolist() == naive_partition(m, mean, y, positives, ties)
        assert relations.partition(y, ties=ties).tolist() == codes.tolist()
        for k in positives:
            one = relations.partition(y, rule="anchor", anchor=k, ties=ties)
            assert one.tolist() == naive_partition(m, mean, y, [k], ties)


@given(TARGETS, st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=60)
def test_invariants(targets, random):
    relations = LabelRelations.fit(targets)
    m, codes = relations.cooccurrence, relations.partition_many(targets)
    assert (m == m.T).all()
    assert not m.diagonal().any()
    assert not relations.strong.diagonal().any()
    assert set(np.unique(codes)) <= {0, 1, 2}
    assert ((codes == 0) == (targets == 1)).all()
    for y, row_codes in zip(targets, codes, strict=True):
        anchored = [relations.partition(y, rule="anchor", anchor=k) for k in np.flatnonzero(y)]
        union = np.any([one == 1 for one in anchored], axis=0)
        assert ((row_codes == 1) == union).all()
    order = list(range(targets.shape[1]))
    random.shuffle(order)
    permuted = LabelRelations.fit(targets[:, order]).partition_many(targets[:, order])
    np.testing.assert_array_equal(permuted, codes[:, order])
    doubled = LabelRelations.fit(np.concatenate([targets, targets]))
    np.testing.assert_array_equal(doubled.partition_many(targets), codes)


@given(TARGETS)
@settings(deadline=None, max_examples=30)
def test_sparse_equals_dense(targets):
    dense, thin = (LabelRelations.fit(x) for x in (targets, sparse.csr_matrix(targets)))
    np.testing.assert_array_equal(dense.cooccurrence, thin.cooccurrence)
    np.testing.assert_array_equal(
        dense.partition_many(targets), thin.partition_many(sparse.csr_array(targets))
    )


def test_unknown_counts_as_not_relevant():
    targets = np.array([[1, -1, 1], [1, 1, -1], [-1, -1, -1]])
    expected = LabelRelations.fit(np.maximum(targets, 0)).cooccurrence
    np.testing.assert_array_equal(LabelRelations.fit(targets).cooccurrence, expected)


@pytest.mark.parametrize(
    ("target", "rule", "sources"),
    [
        (1, "zero", set()),
        (1, "lowmean", {6, 7}),
        (1, "disjoint", {5, 6, 7}),
        (3, "lowmean", {6, 7}),
        (3, "disjoint", {6, 7}),
        (5, "lowmean", set()),
        (5, "disjoint", {1, 2}),
        (6, "zero", set()),
        (6, "lowmean", {1, 2, 3, 4}),
        (6, "disjoint", {1, 2, 3, 4}),
        (8, "lowmean", set()),
        (8, "disjoint", set()),
    ],
)
def test_worked_negatives(relations, target, rule, sources):
    """Document numbers from 1; `zero` forbids d to target 1 (ab), seen once with a."""
    allowed = relations.admissible(corpus()[[target - 1]], corpus(), rule)
    assert set((np.flatnonzero(allowed[0]) + 1).tolist()) == sources


def test_zero_admits_none_of_the_worked_documents(relations):
    assert not relations.admissible(corpus(), corpus(), "zero").any()


@given(TARGETS, st.sampled_from(["zero", "lowmean", "lowmean_sym", "target_low_only", "disjoint"]))
@settings(deadline=None, max_examples=60)
def test_admissible_equals_the_definition(targets, rule):
    relations = LabelRelations.fit(targets)
    m, mean = relations.cooccurrence, relations.mean_cooccurrence
    low = targets.sum(axis=0) <= 2
    tests = {
        "zero": lambda a, b: m[a, b] == 0,
        "lowmean": lambda a, b: m[a, b] <= mean[a],
        "lowmean_sym": lambda a, b: m[a, b] <= mean[a] and m[a, b] <= mean[b],
        "target_low_only": lambda a, b: not low[a] or m[a, b] <= mean[a],
        "disjoint": lambda a, b: True,
    }
    expected = [
        [
            all(a != b and tests[rule](a, b) for a in np.flatnonzero(t) for b in np.flatnonzero(s))
            for s in targets
        ]
        for t in targets
    ]
    allowed = relations.admissible(targets, targets, rule, low_frequency=low)
    assert allowed.tolist() == expected


@given(TARGETS)
@settings(deadline=None, max_examples=30)
def test_rules_weaken_in_order(targets):
    relations = LabelRelations.fit(targets)
    chain = ("zero", "lowmean_sym", "lowmean", "disjoint")
    allowed = [relations.admissible(targets, targets, rule) for rule in chain]
    for stricter, weaker in itertools.pairwise(allowed):
        assert (stricter <= weaker).all()


def test_arrays_and_fields_cannot_be_changed(relations):
    for name in ("cooccurrence", "mean_cooccurrence", "strong"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(relations, name)[0] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        relations.strong = None


@pytest.mark.parametrize("targets", [np.ones((3, 1)), np.ones(3), sparse.csr_matrix((3, 1))])
def test_fewer_than_two_labels_is_an_error(targets):
    with pytest.raises(DataError, match="at least two labels"):
        LabelRelations.fit(targets)


def test_unknown_settings_are_errors(relations):
    with pytest.raises(RecipeError, match="rule 'nearest'"):
        relations.admissible(corpus(), corpus(), "nearest")
    with pytest.raises(RecipeError, match="low-frequency labels"):
        relations.admissible(corpus(), corpus(), "target_low_only")
    with pytest.raises(RecipeError, match="relevant label"):
        relations.partition(row("ab"), rule="anchor", anchor=3)
    with pytest.raises(RecipeError, match="'table2'"):
        relations.partition(row("ab"), rule="table2")


@pytest.mark.slow
@pytest.mark.parametrize("distinct", [15_000, 800_000])
def test_eight_hundred_thousand_documents(distinct):
    rng = np.random.default_rng(0)
    shares = np.minimum(0.47, 0.6 / np.arange(1, 104) ** 0.9)
    patterns = (rng.random((distinct, 103), dtype=np.float32) < shares).astype(np.int8)
    targets = patterns[rng.integers(distinct, size=800_000)]
    start = time.perf_counter()
    relations = LabelRelations.fit(targets)
    assert time.perf_counter() - start < 10
    pair = (targets[:, 0] & targets[:, 1]).sum()
    assert relations.cooccurrence[0, 1] == pair
