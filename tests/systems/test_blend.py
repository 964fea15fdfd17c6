import json

import numpy as np
import pytest

from clmil.data.corpus import Corpus, from_lists
from clmil.decisions.stacking import fit_stack
from clmil.errors import ModelError, RecipeError
from clmil.runtime.predictor import Predictor
from clmil.systems.recipe import load_recipe, parse_recipe
from clmil.training.run import train
from tests.systems.every import LINEAR, WORDS, member
from tests.tiny import toy_documents

TEXTS, LABELS = toy_documents(60, 3)
HELD_OUT, TRUE = toy_documents(30, 5)
CNN = member("cnn", *WORDS, "training.epochs=2", "network.filters=16")
TWO = f"members=[{CNN}, {member('linear', *LINEAR)}]"


def recipe(*more):
    return load_recipe("default", system="blend", overrides=[TWO, *more])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    parts = {"train": from_lists(TEXTS, LABELS), "validation": from_lists(HELD_OUT, TRUE)}
    corpus = Corpus(name="toy", **parts, test=None, descriptions={}, notes=())
    output = tmp_path_factory.mktemp("blend") / "model"
    train(corpus, recipe(), output)
    return output


def test_members_are_mixed_by_weights_chosen_on_validation(folder):
    blend = Predictor.load(folder)
    given = [one.answer(HELD_OUT).probabilities for one in blend.scorer.members.values()]
    targets = np.array([[name in row for name in blend.space.names] for row in TRUE], np.int8)
    stack = fit_stack(given, targets)
    assert blend.scorer.stack.weights == pytest.approx(stack.weights, rel=1e-3)
    np.testing.assert_allclose(blend.raw_proba(HELD_OUT), stack.mix(given), atol=1e-4)
    stages = blend.facts.metrics["stages"]
    assert list(stages) == ["linear-fit", "cnn-fit", "weighing"]
    assert list(stages["weighing"]["weights"]) == ["cnn", "linear"]
    assert "a blend whose weights were chosen on validation" in blend.facts.card
    assert not list(folder.rglob("*.bin"))


def test_a_member_is_the_system_that_it_would_be_alone(folder, tmp_path):
    parts = {"train": from_lists(TEXTS, LABELS), "validation": from_lists(HELD_OUT, TRUE)}
    corpus = Corpus(name="toy", **parts, test=None, descriptions={}, notes=())
    alone = load_recipe("default", system="cnn", overrides=json.loads(CNN)["overrides"])
    train(corpus, alone, tmp_path / "alone")
    expected = Predictor.load(tmp_path / "alone").raw_proba(HELD_OUT)
    actual = Predictor.load(folder).scorer.members["cnn"].answer(HELD_OUT).probabilities
    np.testing.assert_allclose(actual, expected, atol=1e-6)


def test_the_recipe_holds_the_members_whole():
    told = recipe("seed=7")
    assert told.members[0].recipe["training"]["epochs"] == 2
    again = parse_recipe(told.plain())
    assert again == told
    assert again.members[0].parsed(7).seed == 7
    default = load_recipe("default", system="blend")
    assert [one.system for one in default.members] == ["cl-mil", "linear"]


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ("[{system: linear}]", "at least 2"),
        ("[{system: linear}, {system: bort}]", "did you mean 'bert'"),
        ("[{system: linear}, {system: sgm}]", "sgm cannot be a member"),
        ("[{system: linear}, {system: blend}]", "blend cannot be a member"),
        ("[{system: linear, overrides: [a.b=1]}, {system: bert}]", "no key 'a"),
        ("[{system: linear, overrides: 3}, {system: bert}]", "a list of part.key=value"),
        ("[{system: linear, seed: 3}, {system: bert}]", "the keys system, overrides and recipe"),
        ("[{system: linear}, {system: bert, recipe: paper}]", "a whole one of its system"),
        ("[{system: linear}, {system: bert, recipe: {system: sgm}}]", "a whole one of its system"),
        ("[{system: linear}, {system: bert, recipe: {seed: 3}}]", "a whole one of its system"),
        ("[{system: linear}, {overrides: []}]", "members.1.system"),
    ],
)
def test_faults_are_told(members, said):
    with pytest.raises(RecipeError, match=said) as told:
        load_recipe("default", system="blend", overrides=[f"members={members}"])
    assert "\n" not in str(told.value)


def test_overrides_reach_the_members_that_take_them():
    given = load_recipe("default", system="blend")
    handed = given.handed(["training.epochs=1", "linear.folds=3", "no.such=1"])
    cl_mil, linear = handed.members
    assert cl_mil.recipe["training"]["epochs"] == 1
    assert linear.recipe["linear"]["folds"] == 3
    assert given.handed(["no.such=1"]) == given


def test_what_members_need_is_known_before_the_work_begins():
    from clmil.errors import MissingExtraError
    from clmil.training.trackers import check_trackers

    followed = member("bert", "training.report_to=[wandb]")
    told = load_recipe(
        "default", system="blend", overrides=[f"members=[{followed}, {member('linear')}]"]
    )
    assert [getattr(one, "precision", None) for one in told.trainings()] == ["auto", None]
    with pytest.raises(MissingExtraError, match="wandb"):
        check_trackers(told)


def test_members_without_gradient_come_first(tmp_path):
    from clmil.systems.blend_learner import BlendLearner
    from clmil.systems.stages import Place
    from tests.systems.test_every_system import material

    learner = BlendLearner(recipe(), material())
    learner.read(tmp_path)
    names = [stage.name for stage in learner.stages(Place())]
    assert names == ["linear-fit", "cnn-fit", "weighing"]


def test_a_save_that_was_killed_half_way_is_made_good(folder, tmp_path):
    predictor = Predictor.load(folder)
    (tmp_path / "m" / "members" / "cnn").mkdir(parents=True)
    (tmp_path / "m" / "members" / "cnn" / "half").write_text("")
    predictor.save(tmp_path / "m")
    again = Predictor.load(tmp_path / "m")
    assert np.array_equal(again.raw_proba(HELD_OUT), predictor.raw_proba(HELD_OUT))


def test_twice_the_same_system_gets_a_number():
    from clmil.systems.blend_learner import BlendLearner
    from tests.systems.test_every_system import material

    line = member("linear", *LINEAR)
    twice = load_recipe("default", system="blend", overrides=[f"members=[{line}, {line}]"])
    assert list(BlendLearner(twice, material()).members) == ["linear", "linear-2"]


def test_a_damaged_folder_is_told(folder, tmp_path):
    import shutil

    shutil.copytree(folder, tmp_path / "m")
    config = json.loads((tmp_path / "m" / "config.json").read_text())
    del config["weights"]
    (tmp_path / "m" / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="is damaged"):
        Predictor.load(tmp_path / "m")
    shutil.rmtree(tmp_path / "m")
    shutil.copytree(folder, tmp_path / "m")
    shutil.rmtree(tmp_path / "m" / "members" / "cnn")
    with pytest.raises(ModelError, match="cnn does not exist"):
        Predictor.load(tmp_path / "m")
