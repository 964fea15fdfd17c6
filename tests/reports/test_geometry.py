import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clmil.reports.geometry import (
    alignment,
    geometry,
    isoscore,
    mean_cosine,
    partition_ratio,
    principal_axes,
    uniformity,
    unit,
)

RNG = np.random.default_rng(0)
ROUND = RNG.normal(size=(1500, 16))
CONE = ROUND + 6 * np.eye(16)[0]
LINE = np.outer(np.linspace(1, 2, 200), np.eye(16)[3])


def test_a_random_gaussian_is_isotropic():
    found = geometry(ROUND)
    assert abs(found.mean_cosine) < 0.01
    assert found.uniformity < -3.0
    assert found.partition > 0.8
    assert found.isoscore > 0.95
    assert found.variance[0] < 0.1
    assert found.documents == 1500


def test_a_cone_is_seen_by_directions_but_not_by_variance():
    found = geometry(CONE)
    assert found.mean_cosine == pytest.approx(36 / (36 + 16), abs=0.05)
    assert found.uniformity > geometry(ROUND).uniformity + 0.5
    assert found.partition < 0.5
    assert found.isoscore > 0.9, "the variance is as even as before; only the mean has moved"


def test_a_single_direction():
    found = geometry(LINE)
    assert found.mean_cosine == pytest.approx(1)
    assert found.uniformity == pytest.approx(0, abs=1e-9)
    assert found.isoscore == pytest.approx(0, abs=1e-9)
    assert found.variance[0] == pytest.approx(1)
    assert found.partition < 0.2


def test_worked_numbers():
    square = np.array([[1.0, 0], [0, 1], [-1, 0], [0, -1]])
    assert mean_cosine(square) == pytest.approx(-1 / 3)  # four times 0, twice -1
    expected = np.log((4 * np.exp(-4) + 2 * np.exp(-8)) / 6)
    assert uniformity(square) == pytest.approx(expected)
    assert partition_ratio(square) == pytest.approx(1)
    assert alignment(square, square) == 0
    assert alignment(square, -3 * square) == pytest.approx(4)
    assert isoscore(np.array([1.0, 1, 1, 1])) == pytest.approx(1)
    assert isoscore(np.array([1.0, 0, 0, 0])) == pytest.approx(0)
    # Two of four axes used alike: the score is that of a half-filled space, (2 - 1) / (4 - 1).
    assert isoscore(np.array([1.0, 1, 0, 0])) == pytest.approx(1 / 3)


def test_the_shortcut_for_cosines_equals_all_pairs():
    directions = unit(CONE[:40])
    pairs = (directions @ directions.T)[np.triu_indices(40, k=1)]
    assert mean_cosine(directions) == pytest.approx(pairs.mean())


@given(st.floats(0.01, 100), st.integers(0, 50))
def test_scale_and_rotation_change_nothing(scale, seed):
    points = CONE[:60]
    turn = np.linalg.qr(np.random.default_rng(seed).normal(size=(16, 16)))[0]
    one, other = geometry(points), geometry(scale * points @ turn)
    for name in ("mean_cosine", "uniformity", "partition", "isoscore"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), abs=1e-6)


def test_zero_rows_and_constant_points_do_no_harm():
    found = geometry(np.zeros((3, 4)))
    assert (found.mean_cosine, found.uniformity, found.isoscore, found.partition) == (0, 0, 0, 1)
    assert geometry(np.ones((3, 4))).mean_cosine == pytest.approx(1)


def test_principal_axes_agree_with_scikit_learn_up_to_sign():
    from sklearn.decomposition import PCA

    points, shares = principal_axes(CONE, 3)
    theirs = PCA(3).fit(CONE)
    assert np.allclose(np.abs(points), np.abs(theirs.transform(CONE)), atol=1e-8)
    assert np.allclose(shares, theirs.explained_variance_ratio_)
    flat, shares = principal_axes(LINE[:2, 3:4], 3)
    assert flat.shape == (2, 3)
    assert shares.tolist() == [1, 0, 0]
