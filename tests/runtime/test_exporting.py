"""A model in torch and the same model exported."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from clmil.errors import MissingExtraError, ModelError
from clmil.nn.precision import int8_is_exact
from clmil.runtime import exporting
from clmil.runtime.exporting import export_model
from clmil.runtime.predictor import Predictor
from clmil.systems.onnx import OnnxModel
from tests.exported import TEXTS, save_tiny_model

pytest.importorskip("onnxscript")
onnx = pytest.importorskip("onnx")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    scratch = tmp_path_factory.mktemp("model")
    save_tiny_model(scratch / "model", scratch / "encoder")
    return scratch / "model"


@pytest.fixture(scope="module")
def wanted(model: Path) -> np.ndarray:
    """The logits in torch."""
    return torch.logit(torch.from_numpy(Predictor.load(model).raw_proba(TEXTS)).double()).numpy()


def test_fp32_is_what_torch_computes(model: Path, wanted: np.ndarray, tmp_path: Path) -> None:
    exported = export_model(model, tmp_path / "out")
    assert exported.precision == "fp32"
    loaded = OnnxModel.load(tmp_path / "out")
    np.testing.assert_allclose(loaded.logits(TEXTS, 4), wanted, atol=1e-4)
    for name in ("labels.json", "recipe.yaml", "metrics.json", "tokenizer.json"):
        assert (tmp_path / "out" / name).read_bytes() == (model / name).read_bytes()
    card = (tmp_path / "out" / "README.md").read_text()
    assert card.startswith("# Tiny")
    assert "## Exported" in card
    assert not [file for file in tmp_path.iterdir() if file.name != "out"]
    graph = (tmp_path / "out" / "model.onnx").read_bytes()
    assert str(Path(exporting.__file__).parent).encode() not in graph


@pytest.mark.parametrize("attention", [None, 0.05])
def test_labels_that_do_not_see_the_text_are_constants_of_the_graph(
    tmp_path: Path, attention: float | None
) -> None:
    save_tiny_model(tmp_path / "model", tmp_path / "encoder", see_text=False, attention=attention)
    predictor = Predictor.load(tmp_path / "model")
    export_model(tmp_path / "model", tmp_path / "out")
    loaded = OnnxModel.load(tmp_path / "out")
    np.testing.assert_allclose(
        1 / (1 + np.exp(-loaded.logits(TEXTS, 4))), predictor.raw_proba(TEXTS), atol=1e-5
    )
    table = predictor.network.label_table.weight.detach().numpy()
    graph = onnx.load(tmp_path / "out" / "model.onnx").graph
    held = [onnx.numpy_helper.to_array(each) for each in graph.initializer]
    assert not any(np.array_equal(each, table) for each in held)


def test_a_graph_holds_how_much_words_attend_to_labels(tmp_path: Path) -> None:
    save_tiny_model(tmp_path / "model", tmp_path / "encoder", attention=0.05)
    predictor = Predictor.load(tmp_path / "model")
    export_model(tmp_path / "model", tmp_path / "out")
    loaded, wanted = OnnxModel.load(tmp_path / "out"), predictor.raw_proba(TEXTS)
    for batch_size in (1, 4):
        found = 1 / (1 + np.exp(-loaded.logits(TEXTS, batch_size)))
        np.testing.assert_allclose(found, wanted, atol=1e-5)
    predictor.network.leaning = None
    assert np.abs(predictor.raw_proba(TEXTS) - wanted).max() > 1e-3


def test_a_graph_takes_texts_in_windows(tmp_path: Path) -> None:
    save_tiny_model(tmp_path / "model", tmp_path / "encoder", windows=2)
    predictor = Predictor.load(tmp_path / "model")
    exported = export_model(tmp_path / "model", tmp_path / "out")
    assert (exported.window_pieces, exported.text_pieces) == (13, 26)
    loaded = OnnxModel.load(tmp_path / "out")
    texts = [*TEXTS, "comet wave " * 9]
    for batch_size in (1, 4):
        found = 1 / (1 + np.exp(-loaded.logits(texts, batch_size)))
        np.testing.assert_allclose(found, predictor.raw_proba(texts), atol=1e-5)
    assert "w is 13, or K is 1" in (tmp_path / "out" / "README.md").read_text()


@pytest.mark.slow  # tracing takes long
def test_int8_is_near_and_the_same_in_any_batch(
    model: Path, wanted: np.ndarray, tmp_path: Path
) -> None:
    export_model(model, tmp_path / "out", int8=True)
    loaded = OnnxModel.load(tmp_path / "out")
    assert loaded.exported.precision == "int8"
    together = loaded.logits(TEXTS)
    off = np.abs(together - wanted).max()
    assert 0 < off < (0.25 if int8_is_exact() else 2)  # else sums of random weights saturate
    alone = np.concatenate([loaded.logits([text]) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=1e-5)


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"kind": "linear"}, "linear model, which runs without torch as it is"),
        ({"kind": "onnx"}, "was exported already"),
        ({"kind": "sequences"}, "kind 'sequences', which cannot be exported"),
    ],
)
def test_other_kinds_are_told(tmp_path: Path, config: dict, told: str) -> None:
    model = tmp_path / "model"
    model.mkdir()
    content = {"model_type": "clmil", "format_version": 1} | config
    (model / "config.json").write_text(json.dumps(content))
    with pytest.raises(ModelError, match=told):
        export_model(model, tmp_path / "out")


def test_nothing_is_overwritten_unasked(model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(ModelError, match="exists; choose another folder or add --overwrite"):
        export_model(model, out)
    with pytest.raises(ModelError, match="is the model itself"):
        export_model(model, model, overwrite=True)
    assert not list(out.iterdir())


def test_a_damaged_model_leaves_nothing_behind(model: Path, tmp_path: Path) -> None:
    damaged = Path(shutil.copytree(model, tmp_path / "model"))
    (damaged / "model.safetensors").write_bytes(b"?")
    with pytest.raises(ModelError, match="is damaged"):
        export_model(damaged, tmp_path / "out")
    assert [file.name for file in tmp_path.iterdir()] == ["model"]


def test_a_missing_extra_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'clmil\[onnx\]'"):
        export_model(tmp_path, tmp_path / "out")
