"""The end of training: thresholds chosen on validation documents, by the best weights."""

from pathlib import Path

import numpy as np

from clmil.decisions.choosing import choose_rule
from clmil.decisions.metrics import score
from clmil.runtime.predictor import Predictor
from clmil.storage.atomic import read_json
from clmil.systems.recipe import load_recipe
from clmil.training.run import train
from tests.tiny import FAST, toy_corpus, toy_documents


def test_thresholds_come_from_the_saved_weights(encoder: str, tmp_path: Path) -> None:
    overrides = [*FAST, f"encoder.name={encoder}", "training.epochs=4"]
    recipe = load_recipe("default", overrides=overrides)
    folder = train(toy_corpus(), recipe, tmp_path / "model").folder
    predictor = Predictor.load(folder)
    texts, labels = toy_documents(40, 1)  # the validation part of the toy corpus
    names = predictor.space.names
    targets = np.array([[name in listed for name in names] for listed in labels], dtype=np.int8)
    raw = predictor.raw_proba(texts)
    expected = choose_rule(
        raw,
        targets,
        recipe.decisions.choice(recipe.seed),
        frequency=np.array(predictor.space.counts),
    )
    np.testing.assert_allclose(predictor.rule.thresholds, expected.thresholds, atol=0.01)
    metrics = read_json(folder / "metrics.json")
    assert metrics["decisions"] == predictor.rule.chosen
    assert metrics["decisions"]["documents"] == 40
    assert metrics["validation"]["micro_f1"] == score(targets, raw > 0.5).micro_f1


def test_fixed_thresholds_stay_at_a_half(encoder: str, tmp_path: Path) -> None:
    more = ("training.epochs=1", "decisions={scope: fixed, never_empty: true}")
    recipe = load_recipe("default", overrides=[*FAST, f"encoder.name={encoder}", *more])
    rule = Predictor.load(train(toy_corpus(), recipe, tmp_path / "model").folder).rule
    assert rule.thresholds.tolist() == [0.5] * 4
    assert rule.never_empty
    assert rule.chosen["scope"] == "fixed"
