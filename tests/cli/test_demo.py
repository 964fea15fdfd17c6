"""The demo, with a stand-in for training and the network."""

import json

import numpy as np
import pytest

from clmil.cli.demo import MESSAGES, OVERRIDES
from clmil.data.corpus import read_corpus
from clmil.data.packaged import sample_corpus_path
from clmil.data.targets import label_counts
from clmil.decisions.rule import DecisionRule
from clmil.labels.space import LabelSpace
from clmil.systems.recipe import load_recipe
from tests.cli.conftest import FakePredictor


@pytest.fixture
def sample(monkeypatch):
    """Let the stand-in know the sample's labels."""
    corpus = read_corpus(sample_corpus_path())
    space = LabelSpace.from_counts(label_counts(corpus.train), documents=len(corpus.train))
    monkeypatch.setattr(FakePredictor, "space", space)
    monkeypatch.setattr(FakePredictor, "rule", DecisionRule.fixed(len(space)))
    monkeypatch.setattr(
        FakePredictor,
        "predict_proba",
        lambda self, texts: np.full((len(texts), len(space)), 0.6, dtype=np.float32),
    )
    return corpus


def test_overrides_fit_the_recipe():
    assert load_recipe("default", system="cl-mil", overrides=OVERRIDES).contrastive.enabled


def test_demo_goes_the_whole_way(clmil, tmp_path, training, sample):
    result = clmil("demo", "--output", tmp_path / "demo")
    assert result.exit_code == 0, result.stderr
    assert training.calls[0]["corpus"].train["text"] == sample.train["text"]
    report = json.loads((tmp_path / "demo" / "evaluation.json").read_text())
    assert report["scores"]["micro_recall"] == 1.0
    assert report["documents"] == len(sample.test)
    assert 0.3 < report["linear"]["micro_f1"] < 1.0
    for part in ("linear", "CL-MIL", "micro-F1", "macro-F1", *MESSAGES):
        assert part in result.stdout
    for place in (tmp_path / "demo" / "model", tmp_path / "demo" / "evaluation.json"):
        assert str(place) in result.stdout


def test_messages_are_new(sample):
    assert not set(MESSAGES) & {*sample.train["text"], *sample.test["text"]}
