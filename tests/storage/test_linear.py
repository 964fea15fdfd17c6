"""A linear model's folder: there and back, and damage told in one sentence."""

import json

import numpy as np
import pytest

from clmil.decisions.calibration import Temperature
from clmil.decisions.rule import DecisionRule
from clmil.errors import ModelError
from clmil.labels.space import LabelSpace
from clmil.storage.linear import SavedLinear, is_linear, load_linear, save_linear
from clmil.systems.linear import LinearModel

TEXTS = ["an apple a day", "a pear", "apple and pear", "nothing at all", "crème brûlée"]
TARGETS = np.array([[1, 0], [0, 1], [1, 1], [0, 0], [0, 0]], dtype=np.int8)
SPACE = LabelSpace(names=("apple", "größe"), descriptions=("", ""), counts=(2, 2), documents=5)
RULE = DecisionRule(
    thresholds=np.array([0.3, 0.7]),
    calibration=Temperature(slopes=np.array([2.0, 1.5]), biases=np.array([0.1, -0.2])),
)


@pytest.fixture(params=[True, False])
def folder(request, tmp_path):
    model = LinearModel(C=2.0, pairs=request.param).fit(TEXTS, TARGETS)
    saved = SavedLinear(weights=model.weights, space=SPACE, rule=RULE, metrics={"micro": 0.5})
    save_linear(saved, tmp_path / "model")
    return tmp_path / "model"


def test_there_and_back(folder):
    loaded = load_linear(folder)
    fitted = LinearModel(C=2.0, pairs=loaded.weights.pairs).fit(TEXTS, TARGETS)
    texts = [*TEXTS, "an unseen apple", ""]
    again = LinearModel.of(loaded.weights)
    np.testing.assert_array_equal(again.decision(texts), fitted.decision(texts))
    assert again.C == 2.0
    assert loaded.space == SPACE
    assert loaded.metrics == {"micro": 0.5}
    raw = again.predict_proba(texts)
    np.testing.assert_array_equal(loaded.rule.calibrate(raw), RULE.calibrate(raw))
    assert loaded.rule.thresholds.tolist() == [0.3, 0.7]
    assert is_linear(folder)


def test_no_pickle(folder):
    assert {file.suffix for file in folder.iterdir()} == {".json", ".safetensors"}
    for file in folder.glob("*.json"):
        json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["terms.json", "labels.json", "metrics.json", "config.json"])
def test_a_missing_file(folder, name):
    (folder / name).unlink()
    with pytest.raises(ModelError, match=name):
        load_linear(folder)


def test_damaged_weights(folder):
    (folder / "model.safetensors").write_bytes(b"no tensors")
    with pytest.raises(ModelError, match="damaged"):
        load_linear(folder)
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="missing"):
        load_linear(folder)


def test_files_that_do_not_belong_together(folder):
    terms = json.loads((folder / "terms.json").read_text())
    (folder / "terms.json").write_text(json.dumps(terms[1:]))
    with pytest.raises(ModelError, match="do not belong together"):
        load_linear(folder)


@pytest.mark.parametrize(
    ("change", "said"),
    [({"system": "cl-mil"}, "no linear model"), ({"format_version": 99}, "newer")],
)
def test_another_folder(folder, change, said):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | change))
    with pytest.raises(ModelError, match=said):
        load_linear(folder)
