"""A linear model's own files: there and back, and damage told in one sentence."""

import json

import numpy as np
import pytest

from clmil.errors import ModelError
from clmil.storage.folder import kind_of
from clmil.storage.linear import load_weights, save_weights
from clmil.systems.linear_model import LinearModel

TEXTS = ["an apple a day", "a pear", "apple and pear", "nothing at all", "crème brûlée"]
TARGETS = np.array([[1, 0], [0, 1], [1, 1], [0, 0], [0, 0]], dtype=np.int8)


@pytest.fixture(params=[True, False])
def folder(request, tmp_path):
    save_weights(LinearModel(C=2.0, pairs=request.param).fit(TEXTS, TARGETS).weights, tmp_path)
    return tmp_path


def test_there_and_back(folder):
    weights = load_weights(folder)
    fitted = LinearModel(C=2.0, pairs=weights.pairs).fit(TEXTS, TARGETS)
    texts = [*TEXTS, "an unseen apple", ""]
    again = LinearModel.of(weights)
    np.testing.assert_array_equal(again.decision(texts), fitted.decision(texts))
    assert again.C == 2.0
    assert kind_of(folder) == "linear"


def test_no_pickle(folder):
    assert {file.suffix for file in folder.iterdir()} == {".json", ".safetensors"}
    for file in folder.glob("*.json"):
        json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["terms.json", "config.json"])
def test_a_missing_file(folder, name):
    (folder / name).unlink()
    with pytest.raises(ModelError, match=name):
        load_weights(folder)


def test_damaged_weights(folder):
    (folder / "model.safetensors").write_bytes(b"no tensors")
    with pytest.raises(ModelError, match="damaged"):
        load_weights(folder)
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="missing"):
        load_weights(folder)


def test_files_that_do_not_belong_together(folder):
    terms = json.loads((folder / "terms.json").read_text())
    (folder / "terms.json").write_text(json.dumps(terms[1:]))
    with pytest.raises(ModelError, match="do not belong together"):
        load_weights(folder)
