"""What the options of `clmil tune` become."""

import sys
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace

import pytest


@dataclass(frozen=True)
class Row:
    number: int
    state: str
    score: float | None
    settings: dict


@pytest.fixture
def searching(monkeypatch):
    calls = []
    module = ModuleType("clmil.training.tune")
    module.Search = SimpleNamespace

    def tune(corpus, recipe, output, search, **options):
        calls.append({"recipe": recipe, "output": output, "search": search, **options})
        rows = (Row(0, "complete", 0.5, {"training.epochs": 3}), Row(1, "fail", None, {}))
        return SimpleNamespace(recipe=output / "recipe.yaml", score=0.5, trials=rows)

    module.tune = tune
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return calls


def test_searches_and_says_what_next(clmil, colours, searching):
    output = colours.folder / "search"
    words = ("--trials", 7, "--time", "1h30m", "--system", "dil", "--resume", "--quiet")
    result = clmil("tune", colours.data, "--output", output, *words)
    assert result.exit_code == 0, result.stderr
    call = searching[0]
    assert (call["search"].trials, call["search"].seconds) == (7, 5400)
    assert (call["recipe"].system, call["resume"], call["overwrite"]) == ("dil", True, False)
    assert f"--recipe {output / 'recipe.yaml'}" in result.stdout
    assert "0.5000" in result.stdout


def test_a_wrong_space_stops_before_the_data_are_read(clmil, colours, searching):
    space = colours.folder / "space.yaml"
    space.write_text("training.epoch: [1, 2]\n")
    result = clmil("tune", "nowhere", "--output", colours.folder / "s", "--space", space)
    assert result.exit_code == 2
    assert "training.epochs" in result.stderr
    assert not searching
