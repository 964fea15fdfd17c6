import numpy as np
from scipy import sparse

from clmil.data.inspection.relations import alias_groups, frequent_matrix, implications

NAMES = ["animal", "cat", "felis", "dog", "rare", "rarer"]


def together():
    """Twenty animals: ten are cats and felis, five dogs; two labels once, on one document."""
    targets = np.zeros((30, 6), dtype=np.int64)
    targets[:20, 0] = 1
    targets[:10, 1:3] = 1
    targets[10:15, 3] = 1
    targets[25, 4:6] = 1
    return sparse.csr_array(targets.T @ targets)


def test_aliases_stand_on_the_same_documents_and_are_no_chance():
    assert alias_groups(NAMES, together()) == [["cat", "felis"]]


def test_implications_are_the_nearly_sure_ones_without_aliases():
    found = [(pair["label"], pair["implies"]) for pair in implications(NAMES, together())]
    assert found == [("cat", "animal"), ("felis", "animal"), ("dog", "animal")]
    assert implications(NAMES, together())[0]["share"] == 1
    assert implications(NAMES, together())[2]["documents"] == 5


def test_the_matrix_holds_conditional_shares():
    matrix = frequent_matrix(NAMES, together())
    assert matrix["labels"][0] == "animal"
    share = np.array(matrix["share"])
    assert share[0, matrix["labels"].index("cat")] == 0.5
    assert share[matrix["labels"].index("dog"), 0] == 1
    assert np.allclose(np.diag(share), 1)
