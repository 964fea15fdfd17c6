"""cleanlab's scores, against their definition."""

import numpy as np
import pytest

from clmil.decisions.label_quality import Ranking, cell_quality, document_quality

pytest.importorskip("cleanlab")

TARGETS = np.array([[1, 0, 0], [0, 1, 1], [0, 0, 0], [-1, 1, 0]], dtype=np.int8)
PROBABILITIES = np.array([[0.9, 0.2, 0.1], [0.8, 0.7, 0.4], [0.1, 0.1, 0.3], [0.99, 0.6, 0.2]])
CELLS = np.array([[0.9, 0.8, 0.9], [0.2, 0.7, 0.4], [0.9, 0.9, 0.7], [1.0, 0.6, 0.8]])


def test_a_cell_is_as_good_as_the_probability_of_what_is_given():
    np.testing.assert_allclose(cell_quality(TARGETS, PROBABILITIES), CELLS)


def test_a_document_is_as_good_as_its_worst_known_cell():
    np.testing.assert_allclose(document_quality(TARGETS, PROBABILITIES), CELLS.min(axis=1))


def test_forgetting_less_lets_the_better_cells_count():
    given = document_quality(TARGETS, PROBABILITIES, Ranking(forgetting=0.8))
    best, middle, worst = np.sort(CELLS, axis=1)[:, ::-1].T
    np.testing.assert_allclose(given, 0.8 * worst + 0.2 * (0.8 * middle + 0.2 * best))


def test_what_an_unknown_cell_would_be_does_not_matter():
    other = PROBABILITIES.copy()
    other[3, 0] = 0.01
    for ranking in (Ranking(), Ranking(forgetting=0.8), Ranking(method="normalized_margin")):
        np.testing.assert_array_equal(
            document_quality(TARGETS, PROBABILITIES, ranking),
            document_quality(TARGETS, other, ranking),
        )
