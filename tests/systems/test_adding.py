"""The example of docs/adding-a-system.md does what the page says."""

import re
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from typer.testing import CliRunner

from clmil import TextClassifier, load
from clmil.cli.main import _app
from clmil.runtime.predictor import Predictor
from clmil.systems.registry import SYSTEMS, SystemSpec
from tests.systems.every import WORDS
from tests.tiny import toy_documents

PAGE = Path(__file__).parents[2] / "docs" / "adding-a-system.md"


@pytest.fixture
def average(monkeypatch):
    """Add the page's system: its file and its line."""
    file, line = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    module = ModuleType("clmil.systems.average")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(file, "average.py", "exec"), module.__dict__)
    spec = eval(line, {"SystemSpec": SystemSpec})
    monkeypatch.setitem(SYSTEMS, spec.name, spec)
    return spec.name


def test_the_file_imports_no_torch_by_itself(average):
    assert "torch" not in vars(sys.modules["clmil.systems.average"])


def test_it_is_listed(average):
    shown = CliRunner().invoke(_app, ["systems"]).stdout
    assert any(line.split()[:1] == [average] for line in shown.splitlines())


def test_it_learns_is_kept_and_goes_on(average, tmp_path):
    texts, labels = toy_documents(32, 3)
    first = TextClassifier(
        system=average, overrides=[*WORDS, "training.epochs=40"], output=tmp_path / "model"
    )
    first.fit(texts, labels, validation=(texts, labels))
    assert first.score(texts, labels) > 0.9
    again = load(tmp_path / "model")
    np.testing.assert_array_equal(again.predict_proba(texts), first.predict_proba(texts))
    alone = Predictor.load(tmp_path / "model").predict_proba(texts[:1])
    together = Predictor.load(tmp_path / "model").predict_proba(texts)
    np.testing.assert_allclose(alone, together[:1], atol=1e-5)
    further = TextClassifier(from_model=tmp_path / "model", overrides=["training.epochs=1"])
    further.fit(texts, labels, validation=(texts, labels))
    assert further.score(texts, labels) > 0.9
