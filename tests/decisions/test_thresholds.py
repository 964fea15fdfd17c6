"""Thresholds: against naive search, on unseen documents, with unknown cells."""

import time

import numpy as np
import pytest

from clmil.decisions.counted import GRID, count_cells
from clmil.decisions.metrics import score
from clmil.decisions.objectives import Objective
from clmil.decisions.thresholds import STRENGTHS, _kinship, _places, choose_thresholds, plateau
from tests.decisions.synthetic import documents


def placed(probabilities, targets, objective, strength=0.0):
    """Return the thresholds of a strength, without cross-validation."""
    counted = count_cells(np.searchsorted(GRID, probabilities), targets)
    kin = _kinship(counted.positives[:, 0])
    return GRID[_places(counted, objective, kin, STRENGTHS)[strength]]


def cost(targets, predictions, fp, fn):
    wrong = fp * ((targets == 0) & (predictions == 1)) + fn * ((targets == 1) & (predictions == 0))
    return wrong.sum()


def test_counts_are_those_of_every_threshold():
    probabilities, targets = documents(50, 0, labels=3)
    targets[::7, 1] = -1
    probabilities[0] = (0.5, 0.0, 1.0)
    counted = count_cells(np.searchsorted(GRID, probabilities), targets)
    for place, at in enumerate(GRID):
        over = probabilities > at
        assert counted.tp[:, place].tolist() == (over & (targets == 1)).sum(axis=0).tolist()
        assert counted.fp[:, place].tolist() == (over & (targets == 0)).sum(axis=0).tolist()
    assert 0.5 in GRID
    assert counted.positives[:, 0].tolist() == (targets == 1).sum(axis=0).tolist()


def test_middle_of_the_longest_run():
    gain = np.array([[1, 1, 0, 1, 1, 1, 0], [0, 0, 0, 0, 0, 0, 2], [3, 3, 3, 3, 3, 3, 3]])
    assert plateau(gain.astype(float)).tolist() == [4, 6, 3]


def test_macro_f1_is_the_best_of_each_label():
    probabilities, targets = documents(300, 1, labels=6)
    found = score(targets, probabilities > placed(probabilities, targets, Objective()))
    for column, label in enumerate(found.per_label):
        tried = [
            score(targets[:, [column]], probabilities[:, [column]] > at).macro_f1 for at in GRID
        ]
        assert label.f1 == pytest.approx(max(tried))


def test_micro_f1_is_the_best_of_all_combinations():
    """Two labels and a coarse grid of probabilities leave few enough to try them all."""
    rng = np.random.default_rng(2)
    probabilities = rng.choice([0.1, 0.3, 0.6, 0.8], (40, 2))
    targets = (rng.random((40, 2)) < probabilities**2).astype(np.int8)
    chosen = placed(probabilities, targets, Objective(name="micro-f1"))
    best = max(
        score(targets, probabilities > np.array([one, two])).micro_f1
        for one in (0.0, 0.2, 0.5, 0.7, 0.9)
        for two in (0.0, 0.2, 0.5, 0.7, 0.9)
    )
    assert score(targets, probabilities > chosen).micro_f1 == pytest.approx(best)


def test_precision_at_recall_keeps_the_recall():
    probabilities, targets = documents(500, 3, labels=4)
    chosen = placed(probabilities, targets, Objective(name="precision-at-recall", recall=0.8))
    found = score(targets, probabilities > chosen)
    for column, label in enumerate(found.per_label):
        assert label.recall >= 0.8
        for at in GRID:
            one = score(targets[:, [column]], probabilities[:, [column]] > at)
            assert one.macro_recall < 0.8 or one.macro_precision <= label.precision + 1e-12


def test_costs_by_label_are_least():
    probabilities, targets = documents(300, 4, labels=3)
    fp, fn = np.array([1.0, 1.0, 0.0]), np.array([1.0, 9.0, 1.0])
    objective = Objective(name="cost", false_positive=fp, false_negative=fn)
    chosen = placed(probabilities, targets, objective)
    least = cost(targets, probabilities > chosen, fp, fn)
    for column in range(3):
        for at in GRID:
            other = chosen.copy()
            other[column] = at
            assert cost(targets, probabilities > other, fp, fn) >= least
    assert chosen[1] < chosen[0]
    assert (probabilities[:, 2] > chosen[2])[targets[:, 2] == 1].all()


def test_right_probabilities_and_costs_give_the_theoretical_threshold():
    """Elkan (2001): fp / (fp + fn)."""
    rng = np.random.default_rng(0)
    probabilities = rng.random((40_000, 1))
    targets = (rng.random(probabilities.shape) < probabilities).astype(np.int8)
    objective = Objective(name="cost", false_positive=1.0, false_negative=4.0)
    assert placed(probabilities, targets, objective)[0] == pytest.approx(0.2, abs=0.03)


@pytest.mark.parametrize("name", ["macro-f1", "micro-f1"])
def test_shrinkage_beats_raw_tuning_on_unseen_documents(name):
    """Rare labels: drawn towards their like they do better on documents not seen."""
    gained = []
    for seed in range(20):
        probabilities, targets = documents(500, seed, slope=0.7, shift=-0.5)
        unseen, unseen_targets = documents(4000, 100 + seed, slope=0.7, shift=-0.5)
        raw = placed(probabilities, targets, Objective(name=name))
        shrunk, facts = choose_thresholds(probabilities, targets, Objective(name=name))
        assert facts["strength"] != 0.0
        scores = [score(unseen_targets, unseen > at) for at in (raw, shrunk)]
        field = name.replace("-", "_")
        gained.append(getattr(scores[1], field) - getattr(scores[0], field))
    assert sum(gain > 0 for gain in gained) >= 19
    assert min(gained) > -0.0005
    assert np.mean(gained) > {"macro-f1": 0.01, "micro-f1": 0.002}[name]


def test_cross_validated_scores_foretell_unseen_ones():
    probabilities, targets = documents(2000, 1)
    chosen, facts = choose_thresholds(probabilities, targets, Objective())
    unseen, unseen_targets = documents(20_000, 2)
    found = score(unseen_targets, unseen > chosen)
    told = facts["cross_validated"]["chosen"]
    assert told["macro_f1"] == pytest.approx(found.macro_f1, abs=0.02)
    assert told["micro_f1"] == pytest.approx(found.micro_f1, abs=0.02)
    assert told["micro_f1"] >= facts["cross_validated"]["global"]["micro_f1"] - 0.002


def test_unknown_cells_say_nothing():
    probabilities, targets = documents(400, 5, labels=5)
    hidden = np.random.default_rng(0).random(targets.shape) < 0.3
    targets[hidden] = -1
    disturbed = np.where(hidden, 1 - probabilities, probabilities)
    chosen = [choose_thresholds(p, targets, Objective())[0] for p in (probabilities, disturbed)]
    assert chosen[0].tolist() == chosen[1].tolist()


def test_a_label_never_seen_takes_after_labels_as_frequent():
    probabilities, targets = documents(600, 6, labels=20)
    targets[:, 19] = 0
    frequency = np.array([1000] * 10 + [12] * 10)
    chosen, facts = choose_thresholds(probabilities, targets, Objective(), frequency=frequency)
    if facts["strength"] == "global":
        pytest.fail("the rare labels should have thresholds of their own")
    assert abs(chosen[19] - np.median(chosen[10:19])) < abs(chosen[19] - np.median(chosen[:10]))


def test_one_threshold_for_all():
    probabilities, targets = documents(300, 7, labels=8)
    for name in ("macro-f1", "micro-f1"):
        chosen, facts = choose_thresholds(
            probabilities, targets, Objective(name=name), scope="global"
        )
        assert len(set(chosen)) == 1
        assert facts["scope"] == "global"
        field = name.replace("-", "_")
        best = max(getattr(score(targets, probabilities > at), field) for at in GRID)
        assert getattr(score(targets, probabilities > chosen), field) == pytest.approx(best)


def test_seeded_and_fast():
    probabilities, targets = documents(8000, 8, labels=100)
    begun = time.process_time()
    first = choose_thresholds(probabilities, targets, Objective(), seed=3)[0]
    assert time.process_time() - begun < 2
    assert (first == choose_thresholds(probabilities, targets, Objective(), seed=3)[0]).all()
