"""The settings of learning from a teacher: on with a model, and never in doubt."""

from dataclasses import replace

import pytest

from clmil.errors import RecipeError
from clmil.experiments.cells import CorpusFacts, Settings, make_cell
from clmil.experiments.variants import Variant
from clmil.systems.recipe import load_recipe, parse_recipe

SYSTEMS = ("cl-mil", "bert", "laco", "cl-bert-knn", "cnn", "leam", "lsan")


@pytest.mark.parametrize("system", SYSTEMS)
def test_it_is_off_until_a_model_is_named(system):
    assert not load_recipe(system=system).teacher.enabled
    one = load_recipe(system=system, overrides=["teacher.model=big"]).teacher
    assert (one.enabled, one.model, one.weight, one.temperature) == (True, ("big",), 0.5, 1.0)
    two = load_recipe(system=system, overrides=["teacher.model=[big, other]"]).teacher
    assert two.model == ("big", "other")


@pytest.mark.parametrize("overrides", [[], ["teacher.model=[a, b]", "teacher.weight=1"]])
def test_a_recipe_that_was_written_down_reads_the_same(overrides):
    recipe = load_recipe(system="bert", overrides=overrides)
    assert parse_recipe(recipe.plain()) == recipe


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["teacher.enabled=true"], "needs a teacher.model"),
        (["teacher.enabled=false", "teacher.model=big"], "set teacher.enabled=true"),
        (["teacher.model=big", "teacher.weight=0"], "greater than 0"),
        (["teacher.model=big", "teacher.weight=1.1"], "less than or equal to 1"),
        (["teacher.model=big", "teacher.temperature=0"], "greater than 0"),
    ],
)
def test_faults_are_told_in_a_sentence(overrides, said):
    with pytest.raises(RecipeError, match=said) as told:
        load_recipe(system="bert", overrides=overrides)
    assert str(told.value).count(". ") == 0
    assert "value error" not in str(told.value)


@pytest.mark.parametrize("system", ["sgm", "seq2set", "linear"])
def test_systems_that_cannot_learn_from_one_have_no_such_setting(system):
    with pytest.raises(RecipeError, match="has no key 'teacher"):
        load_recipe(system=system, overrides=["teacher.model=big"])


def test_settings_of_a_teacher_that_is_off_make_no_other_cell():
    corpus = CorpusFacts(name="toy", source="toy", digest="d", documents=10)
    shared, dil = Settings(version="1"), Variant(name="DIL", system="dil")
    keys = [
        make_cell(corpus, dil, replace(shared, overrides=told), 1).key
        for told in ((), ("teacher.weight=0.9",), ("teacher.model=big",))
    ]
    assert keys[0] == keys[1] != keys[2]
