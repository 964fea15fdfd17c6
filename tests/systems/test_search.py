"""What a search may vary, and what is said of a space that does not fit."""

from pathlib import Path

import pytest

from clmil.errors import RecipeError
from clmil.systems.recipe import load_recipe, with_settings
from clmil.systems.registry import family_of
from clmil.systems.search import Categorical, Range, holds, read_space


def written(folder: Path, text: str) -> Path:
    path = folder / "space.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("system", ["cl-mil", "mil", "dil", "fil", "bert"])
def test_the_default_space_fits_the_recipe_and_its_parts(system: str) -> None:
    recipe = load_recipe("default", system=system)
    space = family_of(system).search_space(recipe)
    for key, kind in space.items():
        for value in kind.ends:
            with_settings(recipe, {key: value})
    for part in ("fil", "cil", "clrl", "contrastive"):
        varied = any(part in key.split(".") for key in space)
        assert varied == getattr(recipe, part).enabled, part
    assert ("classifier.gamma" in space) == (recipe.fil.enabled and recipe.cil.enabled)


def test_a_file_gives_choices_and_ranges(tmp_path: Path) -> None:
    text = """
training.learning_rate: {low: 1.0e-5, high: 1.0e-3, log: true}
training.epochs: {low: 1, high: 4}
classifier.skip: [true, false]
classifier.dropout: {low: 0.0, high: 0.4, step: 0.1}
"""
    space = read_space(written(tmp_path, text), load_recipe())
    assert space == {
        "training.learning_rate": Range(low=1e-5, high=1e-3, log=True),
        "training.epochs": Range(low=1, high=4),
        "classifier.skip": Categorical(values=(True, False)),
        "classifier.dropout": Range(low=0.0, high=0.4, step=0.1),
    }
    assert holds(space["training.epochs"], 4)
    assert not holds(space["training.epochs"], 5)
    assert not holds(space["classifier.skip"], None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("training.epoch: [1, 2]", "training.epochs"),
        ("training.epochs: [0, 2]", "training.epochs is 0"),
        ("training.epochs: []", "lists no plain values"),
        ("training.epochs: [[1], [2]]", "lists no plain values"),
        ("training.epochs: 3", "give a list of values"),
        ("training.epochs: {low: 3}", "give a list of values"),
        ("training.epochs: {low: 3, high: 1}", "low must be a number"),
        ("training.epochs: {low: true, high: 3}", "low must be a number"),
        ("loss.clrl: {low: 0, high: 1, log: true}", "above 0"),
        ("loss.clrl: {low: 0.1, high: 1, step: -1}", "step a positive number"),
        ("seed: [1, 2]", "--seed"),
        ("- a list", "no YAML mapping"),
        ("a: [", "is not valid YAML (line 1: "),
        ("cil.width: [1]\nseed: [1]\ncil.width: [2]", "line 3: the key 'cil.width' stands twice"),
        ("training.epochs: {low: 1, low: 2, high: 3}", "line 1: the key 'low' stands twice"),
    ],
)
def test_a_space_that_does_not_fit_is_told_in_a_sentence(
    tmp_path: Path, text: str, said: str
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(RecipeError) as raised:
        read_space(path, load_recipe())
    assert said in str(raised.value)
    assert str(path) in str(raised.value)
