"""An exported model is what torch was, and says what is wrong with its folder. No torch here."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from clmil.errors import ModelError
from clmil.systems.onnx import OnnxModel
from tests.exported import FOLDER

EXPECTED = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))
TEXTS = EXPECTED["texts"]


@pytest.fixture(scope="module")
def model() -> OnnxModel:
    return OnnxModel.load(FOLDER)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "model"))


def change(path: Path, **values: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


@pytest.mark.parametrize("batch_size", [1, 2, 32])
def test_it_gives_what_torch_gave(model: OnnxModel, batch_size: int) -> None:
    found = model.proba(TEXTS, batch_size)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, EXPECTED["raw"], atol=1e-5)


def test_order_does_not_matter_and_no_text_is_no_row(model: OnnxModel) -> None:
    np.testing.assert_allclose(model.proba(TEXTS[::-1], 4), model.proba(TEXTS)[::-1], atol=1e-6)
    assert model.proba([]).shape == (0, 4)


def test_a_long_text_is_cut_to_what_the_graph_reads(model: OnnxModel) -> None:
    words = ["apple"] * model.exported.text_pieces
    same = model.logits([" ".join(words), " ".join(words + ["comet"] * 9)])
    np.testing.assert_array_equal(same[0], same[1])


def test_it_runs_without_torch() -> None:
    check = (
        "import sys\nfrom pathlib import Path\nfrom clmil.systems.onnx import OnnxModel\n"
        f"OnnxModel.load(Path({str(FOLDER)!r})).proba(['apple'])\n"
        "print([m for m in ('torch', 'transformers', 'onnx') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("precision", ["auto", "fp32"])
def test_it_computes_in_its_own_precision(precision: str) -> None:
    assert OnnxModel.load(FOLDER, precision).exported.precision == "fp32"
    with pytest.raises(ModelError, match="exported in fp32 and cannot compute in bf16"):
        OnnxModel.load(FOLDER, "bf16")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("model.onnx", "has no model.onnx"),
        ("labels.json", "has a graph but no labels.json"),
        ("tokenizer.json", "tokenizer .* is missing or damaged"),
        ("config.json", "has no config.json"),
    ],
)
def test_a_missing_file_is_told(copy: Path, name: str, told: str) -> None:
    (copy / name).unlink()
    with pytest.raises(ModelError, match=told):
        OnnxModel.load(copy)


def test_a_damaged_graph_is_told(copy: Path) -> None:
    graph = copy / "model.onnx"
    graph.write_bytes(graph.read_bytes()[:-1000])
    with pytest.raises(ModelError, match=r"model\.onnx is damaged .*export again"):
        OnnxModel.load(copy)


def test_other_labels_are_told(copy: Path) -> None:
    labels = json.loads((copy / "labels.json").read_text())["labels"]
    change(copy / "labels.json", labels=labels[1:])
    with pytest.raises(ModelError, match="names 3 labels but the graph is for 4"):
        OnnxModel.load(copy)
    change(copy / "config.json", label_count=3)
    with pytest.raises(ModelError, match="has 4 columns but 3 labels"):
        OnnxModel.load(copy)


def test_a_config_that_lacks_something_is_told(copy: Path) -> None:
    change(copy / "config.json", window_pieces=0)
    with pytest.raises(ModelError, match="a window takes 0 word pieces; restore it"):
        OnnxModel.load(copy)
    change(copy / "config.json", text_pieces=None)
    with pytest.raises(ModelError, match="lacks what an exported model says"):
        OnnxModel.load(copy)
