"""Networks over words, from their recipe to a folder."""

from pathlib import Path

import pytest

pytest.importorskip("torch")

from clmil.runtime.predictor import Predictor
from clmil.storage.atomic import read_json
from clmil.systems.recipe import load_recipe
from clmil.training.run import train
from tests.tiny import toy_corpus


@pytest.mark.parametrize("system", ["cnn", "leam"])
def test_vectors_of_a_file_bring_their_width(system: str, tmp_path: Path) -> None:
    vectors, model = tmp_path / "vectors.txt", tmp_path / "model"
    vectors.write_text("apple 0.1 0.2 0.3\niron 0.4 0.5 0.6\n")
    overrides = [f"words.vectors={vectors}", "training.epochs=1", "training.report_to=[]"]
    train(toy_corpus(), load_recipe(system=system, overrides=overrides), model)
    assert read_json(model / "config.json")["network"]["embedding"]["width"] == 3
    assert Predictor.load(model).predict_proba(["apple"]).shape[0] == 1
