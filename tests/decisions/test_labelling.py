import numpy as np

from clmil.decisions.labelling import worth_labelling


def test_worth_is_bits_times_rarity():
    worth = worth_labelling(np.array([[0.5, 0.5], [1.0, 0.0], [0.11, 0.5]]), np.array([15, 3]))
    np.testing.assert_allclose(worth[0], [0.5, 1.0])
    np.testing.assert_allclose(worth[1], 0, atol=1e-12)
    np.testing.assert_allclose(worth[2], [0.25, 1.0], atol=1e-3)  # H(0.11) is half a bit


def test_of_two_equally_uncertain_documents_the_rare_label_comes_first():
    common, rare = np.array([[0.4, 0.0]]), np.array([[0.0, 0.4]])
    counts = np.array([1000, 4])
    assert worth_labelling(rare, counts).max() > worth_labelling(common, counts).max()
