"""Stand-ins for what needs torch, so that the command line is tested by itself."""

import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from typer.testing import CliRunner

from clmil.cli import main
from clmil.decisions.answers import Answers
from clmil.decisions.rule import DecisionRule
from clmil.errors import ModelError
from clmil.labels.space import LabelSpace

SPACE = LabelSpace(
    names=("red", "green", "blue"), descriptions=("", "", ""), counts=(30, 3, 1), documents=40
)
RECIPE = {"system": "cl-mil", "seed": 7}


class FakePredictor:
    """Gives a label .9 if the text names it, else .1, less the label's column / 100."""

    space = SPACE
    facts = SimpleNamespace(recipe=RECIPE)
    scorer = SimpleNamespace()
    recipe = RECIPE
    rule = DecisionRule.fixed(3)
    decides = False

    def __init__(self, folder, precision="fp32"):
        self.folder, self.precision = Path(folder), precision

    @classmethod
    def load(cls, folder, *, precision="fp32", mend=False):
        if not Path(folder).is_dir():
            raise ModelError(f"the model folder {folder} does not exist; check the path.")
        return cls(folder, precision)

    def with_rule(self, rule):
        self.check_rule_applies()
        changed = type(self)(self.folder, self.precision)
        changed.rule = rule
        return changed

    def predict_proba(self, texts, batch_size=32):
        return self.rule.calibrate(self.raw_proba(texts, batch_size))

    def predict(self, texts, batch_size=32):
        probabilities = self.predict_proba(texts)
        return SimpleNamespace(probabilities=probabilities, decided=self.rule.decide(probabilities))

    def answer(self, texts, batch_size=32):
        return Answers(probabilities=self.raw_proba(texts))

    def check_rule_applies(self):
        if self.decides:
            raise ModelError("the system sgm writes label sets itself; leave thresholds out.")

    def raw_proba(self, texts, batch_size=32):
        assert isinstance(texts, list)
        rows = [[0.9 if name in text else 0.1 for name in SPACE.names] for text in texts]
        return np.array(rows, dtype=np.float32) - np.arange(3, dtype=np.float32) / 100


class FakeTraining:
    """Notes how it was called and makes a folder."""

    def __init__(self):
        self.calls = []
        self.failure = None

    def train(
        self, corpus, recipe, output, *, resume=False, overwrite=False, progress=None, start=None
    ):
        call = {"corpus": corpus, "recipe": recipe, "resume": resume, "overwrite": overwrite}
        call["start"] = start
        self.calls.append(call)
        for note in corpus.notes:
            progress.note(note)
        progress.stage("multi-task", 2)
        if self.failure is not None:
            raise self.failure
        progress.step(1, 2, {"cil": 0.5, "fil": 0.25}, 10.0)
        Path(output).mkdir(parents=True)
        return SimpleNamespace(folder=output, metrics={"validation": ALL_HALF}, notes=())


ALL_HALF = {
    "documents": 4,
    **dict.fromkeys(
        (
            "micro_precision",
            "micro_recall",
            "micro_f1",
            "macro_precision",
            "macro_recall",
            "macro_f1",
            "hamming_loss",
            "subset_accuracy",
        ),
        0.5,
    ),
}


@pytest.fixture(autouse=True)
def fake_predictor(monkeypatch):
    module = ModuleType("clmil.runtime.predictor")
    module.Predictor = FakePredictor
    monkeypatch.setitem(sys.modules, module.__name__, module)


@pytest.fixture
def training(monkeypatch):
    fake = FakeTraining()
    module = ModuleType("clmil.training.run")
    module.train = fake.train
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return fake


@pytest.fixture
def clmil():
    """Run a command line; returns exit code, stdout and stderr."""
    return lambda *words: CliRunner().invoke(main._app, [str(word) for word in words])


@pytest.fixture
def colours(tmp_path):
    """A labelled file and a model folder."""
    rows = [
        {"id": 1, "text": "red and green", "labels": ["red", "green"]},
        {"id": 2, "text": "red", "labels": ["red"]},
        {"id": 3, "text": "nothing", "labels": []},
        {"id": 4, "text": "green", "labels": ["blue"]},
        {"id": 5, "text": "blue", "labels": None},
    ]
    data = tmp_path / "colours.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    model = tmp_path / "model"
    model.mkdir()
    return SimpleNamespace(data=data, model=model, folder=tmp_path, rows=rows)
