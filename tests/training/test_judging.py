from dataclasses import replace

import numpy as np

from clmil.decisions.answers import Answers
from clmil.systems.recipe import load_recipe
from clmil.training.judging import Judge
from tests.tiny import toy_corpus

RECIPE = load_recipe("default")


def judge():
    return Judge.of(toy_corpus())


def test_a_label_without_any_signal_gains_nothing_from_thresholds():
    """Chosen and scored on the same documents, chance would look like skill."""
    found = judge()
    raw = np.random.default_rng(0).random(found.targets.shape).astype(np.float32)
    decided = found.decide(Answers(probabilities=raw), RECIPE)
    hits = decided[found.targets == 1].mean() - decided[found.targets == 0].mean()
    assert abs(hits) < 0.2


def test_probabilities_that_are_right_but_low_are_decided_right():
    found = judge()
    raw = np.where(found.targets == 1, 0.2, 0.01).astype(np.float32)
    assert (found.decide(Answers(probabilities=raw), RECIPE) == found.targets)[:, :3].mean() > 0.95


def test_few_documents_are_decided_at_one_half():
    found = judge()
    few = replace(found, texts=found.texts[:30], targets=found.targets[:30])
    raw = np.where(few.targets == 1, 0.4, 0.6).astype(np.float32)
    assert np.array_equal(few.decide(Answers(probabilities=raw), RECIPE), 1 - few.targets)


def test_label_sets_that_a_system_wrote_stay():
    found = judge()
    raw = np.full(found.targets.shape, 0.9, dtype=np.float32)
    said = Answers(probabilities=raw, sets=np.zeros_like(found.targets))
    assert not found.decide(said, RECIPE).any()
