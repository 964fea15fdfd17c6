"""Confusions by a plain loop; the worst documents by hand."""

import numpy as np

from clmil.decisions.mistakes import confusion_counts, most_confused, worst_documents

RNG = np.random.default_rng(0)


def test_confusions_equal_a_loop():
    targets = RNG.integers(-1, 2, (40, 5)).astype(np.int8)
    given = RNG.integers(0, 2, (40, 5)).astype(np.int8)
    expected = np.zeros((5, 5), dtype=int)
    for truth, found in zip(targets, given, strict=True):
        for a in range(5):
            for b in range(5):
                missed = truth[a] == 1 and found[a] == 0
                expected[a, b] += missed and truth[b] == 0 and found[b] == 1
    assert (confusion_counts(targets, given) == expected).all()


def test_pairs_come_the_most_frequent_first_and_never_empty():
    pairs = most_confused(np.array([[0, 2, 0], [5, 0, 0], [0, 0, 0]]))
    assert [(p.missed, p.predicted, p.documents) for p in pairs] == [(1, 0, 5), (0, 1, 2)]


def test_the_worst_come_first_and_right_ones_never():
    targets = np.array([[1, 0], [1, -1], [1, 0], [0, 1], [-1, -1]])
    given = np.array([[0.9, 0.1], [0.4, 0.99], [0.1, 0.2], [0.45, 0.55], [0.9, 0.9]])
    rows = worst_documents(given, targets, (given > 0.5).astype(np.int8))
    assert rows.tolist() == [2, 1]
    assert worst_documents(given, targets, (given > 0.5).astype(np.int8), most=1).tolist() == [2]
