"""What the options of `clmil compare` become, with a stand-in for training."""

import json
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from clmil.errors import RecipeError


class FakeComparing:
    def __init__(self):
        self.calls = []
        self.failure = None

    def compare(self, corpus, wanted, output, *, resume=False, overwrite=False, progress=None):
        call = {"wanted": wanted, "output": output, "resume": resume, "overwrite": overwrite}
        self.calls.append(call)
        if self.failure is not None:
            raise self.failure
        output.mkdir()
        targets = np.array([[1, 0], [0, 1], [1, 1]], dtype=np.int8)
        one = SimpleNamespace(
            system="bert",
            folder=output / "bert",
            predictions=targets,
            train_seconds=12.0,
            documents_per_second=34.0,
            megabytes=90.0,
            epochs=0.5,
            shortened=False,
            stopped=True,
        )
        return SimpleNamespace(targets=targets, candidates=(one,), failures={"cl-mil": "it broke."})


@pytest.fixture
def comparing(monkeypatch):
    fake = FakeComparing()
    module = ModuleType("clmil.training.compare")
    module.compare, module.Comparison = fake.compare, SimpleNamespace
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return fake


def test_options_reach_the_comparison_and_a_system_is_recommended(clmil, colours, comparing):
    output = colours.folder / "runs"
    words = ["--systems", "bert, cl-mil", "--time", "1h30m", "--output", output, "--overwrite"]
    more = ["--set", "training.epochs=4", "--encoder", "some/encoder", "--resume"]
    result = clmil("compare", colours.data, *words, *more)
    assert result.exit_code == 0, result.stderr
    wanted = comparing.calls[0]["wanted"]
    assert (wanted.systems, wanted.seconds) == (("bert", "cl-mil"), 5400)
    assert wanted.overrides == ("training.epochs=4", "encoder.name=some/encoder")
    assert comparing.calls[0]["overwrite"]
    assert comparing.calls[0]["resume"]
    assert "Take bert." in result.stdout
    assert "100.0" in result.stdout
    assert "bert was stopped after 0.5 epochs" in result.stderr
    assert "cl-mil failed: it broke." in result.stderr
    assert json.loads((output / "comparison.json").read_text())["recommended"] == "bert"


def test_what_goes_wrong_is_one_sentence(clmil, colours, comparing):
    comparing.failure = RecipeError("there is no system 'berd'; did you mean 'bert'?")
    result = clmil("compare", colours.data, "--output", colours.folder / "runs")
    assert result.exit_code == 2
    assert "did you mean 'bert'?" in result.stderr


def test_ctrl_c_says_how_to_go_on(clmil, colours, comparing):
    comparing.failure = KeyboardInterrupt()
    result = clmil("compare", colours.data, "--output", colours.folder / "runs")
    assert result.exit_code == 130
    assert "with --resume to go on" in result.stderr


def test_a_time_that_is_none_is_refused(clmil, colours, comparing):
    result = clmil("compare", colours.data, "--time", "soon")
    assert result.exit_code == 2
    assert not comparing.calls
