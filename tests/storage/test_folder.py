"""Model folders: equal after loading, and every damage told in a sentence."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from clmil.decisions.calibration import Temperature
from clmil.decisions.rule import DecisionRule
from clmil.errors import DataError, ModelError
from clmil.labels.space import LabelSpace
from clmil.runtime.predictor import Predictor
from clmil.storage.encoders import load_encoder
from clmil.storage.folder import ModelFacts, kind_of, read_facts, save_folder, save_rule
from clmil.systems.encoder_scorer import scorer_of
from clmil.systems.reading import EncoderReader
from tests.tiny import save_encoder, tiny_network


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    encoder = load_encoder(save_encoder(tmp_path / "encoder"))
    names = {"a": 5, "b": 4, "c": 2, "d": 1}
    facts = ModelFacts(
        space=LabelSpace.from_counts(names, documents=9, descriptions={"a": "first"}),
        recipe={"system": "cl-mil", "encoder": {"name": "tiny"}},
        metrics={"validation": {}},
        rule=DecisionRule(
            thresholds=np.array([0.1, 1 / 3, 0.5, 1.0]), chosen={"objective": "macro-f1"}
        ),
        card="# Card\n",
    )
    scorer = scorer_of(tiny_network().eval(), EncoderReader(encoder.tokenizer, 50), 4)
    save_folder(facts, scorer.save, tmp_path / "model")
    return tmp_path / "model"


def test_outputs_are_equal_bit_for_bit(folder: Path, tmp_path: Path) -> None:
    first = Predictor.load(folder)
    first.save(tmp_path / "copy")
    second = Predictor.load(tmp_path / "copy")
    ids, lengths = torch.randint(5, 40, (3, 7)), torch.tensor([7, 3, 0])
    with torch.inference_mode():
        before = first.network(ids, lengths).probabilities
        after = second.network(ids, lengths).probabilities
    assert torch.equal(before, after)
    assert first.space == second.space
    assert first.recipe == second.recipe
    assert (second.facts.system, kind_of(folder)) == ("cl-mil", "joint")


def test_nothing_is_left_beside_the_folder(folder: Path) -> None:
    assert {path.name for path in folder.parent.iterdir()} == {"encoder", "model"}


def test_missing_folder_and_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not exist"):
        Predictor.load(tmp_path / "nowhere")
    with pytest.raises(ModelError, match=r"no config\.json"):
        Predictor.load(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(ModelError, match="no clmil model"):
        Predictor.load(tmp_path)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ModelError, match="damaged"):
        Predictor.load(tmp_path)


def test_a_newer_version_is_told(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"format_version": 99}))
    with pytest.raises(ModelError, match="newer clmil"):
        Predictor.load(folder)


@pytest.mark.parametrize("keep", [0, 10, 2000])
def test_damaged_weights_are_told(folder: Path, keep: int) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:keep])
    with pytest.raises(ModelError, match=r"model\.safetensors is damaged"):
        Predictor.load(folder)


def test_missing_weights_are_told(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"no model\.safetensors"):
        Predictor.load(folder)


def test_weights_without_some_tensors_are_told(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    tensors.pop("fil_head.linear.weight")
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelError, match=r"lacks 1 tensors \(fil_head"):
        Predictor.load(folder)


def test_labels_that_do_not_belong_are_told(folder: Path) -> None:
    labels = json.loads((folder / "labels.json").read_text())
    labels["labels"].pop()
    (folder / "labels.json").write_text(json.dumps(labels))
    with pytest.raises(ModelError, match="do not belong together"):
        Predictor.load(folder)
    (folder / "labels.json").write_text("{}")
    with pytest.raises((DataError, ModelError)):
        Predictor.load(folder)


def test_the_rule_is_kept_exactly_and_can_be_replaced_alone(folder: Path) -> None:
    rule = read_facts(folder).rule
    assert rule.thresholds.tolist() == [0.1, 1 / 3, 0.5, 1.0]
    assert rule.chosen == {"objective": "macro-f1"}
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    scaled = Temperature(slopes=np.array([1.0, 0.7, 0.3, 2.0]), biases=np.array([0, 0.1, -3, 1.0]))
    save_rule(folder, DecisionRule(thresholds=np.ones(4), calibration=scaled, never_empty=True))
    again = read_facts(folder).rule
    assert (again.never_empty, again.chosen, again.thresholds.tolist()) == (True, {}, [1.0] * 4)
    raw = np.random.default_rng(0).random((5, 4))
    np.testing.assert_array_equal(again.calibrate(raw), scaled.apply(raw))
    after = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert {name for name in after if after[name] != before[name]} == {"labels.json"}
    with pytest.raises(ModelError, match="does not exist"):
        save_rule(folder.with_name("nowhere"), again)


@pytest.mark.parametrize(("stored", "expected"), [({"threshold": 0.3}, 0.3), ({}, 0.5)])
def test_folders_of_before_there_were_rules(folder: Path, stored: dict, expected: float) -> None:
    labels = json.loads((folder / "labels.json").read_text())
    labels.pop("decisions")
    (folder / "labels.json").write_text(json.dumps(labels | stored))
    rule = read_facts(folder).rule
    assert rule.thresholds.tolist() == [expected] * 4
    assert rule.calibration is None


@pytest.mark.parametrize(
    "change", [{"thresholds": {"a": 0.5}}, {"thresholds": 3}, {"calibration": {"kind": "x"}}]
)
def test_damaged_decisions_are_told(folder: Path, change: dict) -> None:
    labels = json.loads((folder / "labels.json").read_text())
    labels["decisions"] |= change
    (folder / "labels.json").write_text(json.dumps(labels))
    with pytest.raises(ModelError, match=r"decisions in labels\.json.*clmil decide"):
        Predictor.load(folder)


def test_damaged_decisions_can_be_mended(folder: Path) -> None:
    whole = read_facts(folder, mend=True).rule
    assert whole.thresholds[1] == 1 / 3
    labels = json.loads((folder / "labels.json").read_text())
    del labels["decisions"]["thresholds"]["b"]
    (folder / "labels.json").write_text(json.dumps(labels))
    rule = read_facts(folder, mend=True).rule
    assert rule.thresholds.tolist() == [0.5] * 4
    assert "'b' is missing" in rule.chosen["damaged"]


def test_an_unknown_kind_is_told(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"kind": "os"}))
    with pytest.raises(ModelError, match=r"of the kind 'os'.*pip install -U"):
        Predictor.load(folder)
