import numpy as np

from clmil.reports.frequency_classes import (
    CLASSES,
    class_name,
    frequency_classes,
    geometry_by_class,
)

RNG = np.random.default_rng(0)


def test_the_seven_classes():
    assert len(CLASSES) == 7
    groups = {"head": np.array([0]), "mid": np.array([1]), "tail": np.array([2, 3])}
    targets = np.array([[1, 0, 0, 0], [0, 1, 0, 1], [1, 1, 1, 0], [0, 0, -1, 0], [0, 0, 0, 1]])
    found = frequency_classes(targets, groups)
    assert [class_name(index) if index >= 0 else None for index in found] == [
        "[1,0,0]", "[0,1,1]", "[1,1,1]", None, "[0,0,1]",
    ]  # fmt: skip


def test_classes_are_measured_by_themselves():
    vectors = np.concatenate([RNG.normal(size=(50, 4)), 5 * RNG.normal(size=(50, 4))])
    classes = np.repeat([class_index("[1,0,0]"), class_index("[0,0,1]")], 50)
    found = geometry_by_class(vectors, classes)
    assert set(found) == {"[1,0,0]", "[0,0,1]"}
    assert found["[0,0,1]"]["outwardness"] > 1.5 > 0.6 > found["[1,0,0]"]["outwardness"]


def class_index(name):
    return [class_name(index) for index in range(7)].index(name)
