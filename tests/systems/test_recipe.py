"""Recipes: what ships, what is refused and how it is said."""

from pathlib import Path

import pytest

from clmil.errors import RecipeError
from clmil.systems.recipe import deciding, load_recipe, parse_recipe, with_settings
from clmil.systems.registry import SYSTEMS, shipped_recipes


def test_the_paper_recipe_holds_the_papers_values() -> None:
    """Section 3.3.3 and appendix A."""
    recipe = load_recipe("paper")
    assert (recipe.loss.alpha, recipe.loss.beta, recipe.loss.clrl) == (1, 1, 0.35)
    assert recipe.classifier.gamma == 0.5
    assert (recipe.training.epochs, recipe.training.patience) == (20, 2)
    assert (recipe.training.batch_size, recipe.training.learning_rate) == (32, 5e-5)
    assert (recipe.encoder.max_length, recipe.contrastive.max_length) == (320, 230)
    assert recipe.contrastive.anchors + recipe.contrastive.negatives == 32
    assert len(recipe.cil.dilations) == 15
    assert recipe.cil.width is None
    options = (recipe.classifier.skip, recipe.classifier.normalise, recipe.cil.normalise)
    assert not any(options)


@pytest.mark.parametrize(
    ("system", "name"), [(s, name) for s, spec in SYSTEMS.items() for name in shipped_recipes(spec)]
)
def test_every_systems_recipes_are_valid_and_round_trip(name: str, system: str) -> None:
    recipe = load_recipe(name, system=system)
    assert recipe.system == system
    assert parse_recipe(recipe.plain()) == recipe


def test_partial_systems_switch_off_what_they_lack() -> None:
    assert not load_recipe(system="mil").contrastive.enabled
    assert not load_recipe(system="dil").clrl.enabled
    assert load_recipe(system="fil").fil.enabled
    assert not load_recipe(system="fil").cil.enabled
    assert not load_recipe(system="bert").labels.joint
    assert load_recipe(system="bert-joint+clrl").clrl.enabled
    assert load_recipe(system="dil", overrides=["contrastive.enabled=true"]).contrastive.enabled


def test_overrides_win_and_are_read_as_yaml() -> None:
    recipe = load_recipe(overrides=["cil.dilations=[1, 2]", "cil.width=null", "seed=7"])
    assert recipe.cil.dilations == (1, 2)
    assert recipe.cil.width is None
    assert recipe.seed == 7


def test_a_file_keeps_its_switches(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("fil: {enabled: false}\nseed: 3\n")
    recipe = load_recipe(str(path))
    assert not recipe.fil.enabled
    assert recipe.seed == 3
    path.write_text("system: dil\nfil: {enabled: false}\n")
    assert not load_recipe(str(path), system="dil").fil.enabled
    assert load_recipe(str(path), system="fil").fil.enabled


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("cil.widht=3", r"no key 'cil\.widht'; did you mean 'cil\.width'"),
        ("gamma=0.3", r"did you mean 'classifier\.gamma'"),
        ("trainig.epochs=3", "did you mean 'training'"),
        ("training.speed=3", r"no key 'training\.speed'; known are training\.validation_share,"),
        ("nonsense=3", "no key 'nonsense'; known are encoder, labels,"),
        ("cil.dilations=3", r"cil\.dilations is 3, but: it takes a list, such as \[3\]"),
        ("training=1", r"training is 1, but: it is a part .* such as training\.validation_share"),
        ("training={epochs: 1, epochs: 2}", "line 1: the key 'epochs' stands twice"),
        ("training.epochs=many", r"training\.epochs is 'many', but"),
        ("classifier.gamma=1.5", r"classifier\.gamma is 1\.5"),
        ("cil.width", "no `=`"),
        ("cil.width=[", "not valid YAML"),
        ("seed.x=1", "seed takes a value"),
        ("labels.joint=false", "fil needs label tokens"),
    ],
)
def test_faults_are_told_in_a_sentence(override: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        load_recipe(overrides=[override])


def test_a_key_of_another_system_has_no_far_off_neighbour() -> None:
    with pytest.raises(RecipeError, match=r"'training\.epochs'; known are training\.validation_sh"):
        load_recipe(system="linear", overrides=["training.epochs=1"])
    with pytest.raises(RecipeError, match=r"did you mean 'linear\.C'"):
        load_recipe(system="linear", overrides=["linear.c=[1]"])


def test_a_key_stands_once(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("seed: 3\ntraining: {epochs: 2}\nseed: 4\n")
    with pytest.raises(RecipeError, match=r"mine\.yaml .*line 3: the key 'seed' stands twice"):
        load_recipe(str(path))


def test_unknown_recipes_and_systems(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="cannot be read"):
        load_recipe("no-such-recipe")
    with pytest.raises(RecipeError, match="did you mean 'cl-mil'"):
        load_recipe(system="clmil")
    (tmp_path / "list.yaml").write_text("- 1\n")
    with pytest.raises(RecipeError, match="not a YAML mapping"):
        load_recipe(str(tmp_path / "list.yaml"))


def test_every_system_has_a_default_recipe_and_says_if_it_has_no_other() -> None:
    assert all("default" in shipped_recipes(spec) for spec in SYSTEMS.values())
    with pytest.raises(RecipeError, match="linear has no recipe 'paper'"):
        load_recipe("paper", system="linear")


def test_keys_of_another_family_are_unknown(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"recipe of cnn has no key 'encoder"):
        load_recipe(system="cnn", overrides=["encoder.name=minilm"])
    path = tmp_path / "mine.yaml"
    path.write_text("system: lsan\nnetwork: {hidden: 7}\n")
    recipe = load_recipe(str(path))
    assert (recipe.system, recipe.network.hidden) == ("lsan", 7)


def test_decisions_of_the_recipes() -> None:
    assert load_recipe("default").decisions.choice(3).seed == 3
    assert load_recipe("default").decisions.scope == "per-label"
    assert load_recipe("paper").decisions.choice(1).scope == "fixed"
    chosen = load_recipe("default", overrides=["decisions.false_negative=5"]).decisions.choice(1)
    assert chosen.objective.false_negative == 5
    with pytest.raises(RecipeError, match=r"decisions\.objective"):
        load_recipe("default", overrides=["decisions.objective=macro"])


def test_a_setting_that_came_later_decides_only_where_it_is_new() -> None:
    """Finished cells and begun runs of an older version are known again."""
    then = ["labels.see_text=true", "labels.attention=null", "encoder.windows=1"]
    then.append("classifier.normalise_skip=false")
    plain = load_recipe(overrides=then).plain()
    new = ("see_text", "attention")
    labels = {key: value for key, value in plain["labels"].items() if key not in new}
    encoder = {key: value for key, value in plain["encoder"].items() if key != "windows"}
    head = {key: value for key, value in plain["classifier"].items() if key != "normalise_skip"}
    older = plain | {"labels": labels, "encoder": encoder, "classifier": head}
    assert deciding(older) == deciding(plain)
    for within in (lambda one: {"members": [{"recipe": one}]}, lambda one: {"cl-mil": one}):
        assert deciding(within(older)) == deciding(within(plain))
    normed = "classifier.normalise_skip=true"
    for changed in ("labels.see_text=false", "labels.attention=2", "encoder.windows=2", normed):
        assert deciding(load_recipe(overrides=[*then, changed]).plain()) != deciding(plain)


def test_parts_that_are_off_do_not_decide() -> None:
    plain = load_recipe().plain()
    older = {key: part for key, part in plain.items() if key not in ("averaging", "rdrop")}
    assert deciding(older) == deciding(plain)
    changed = load_recipe(overrides=["averaging.decay=0.5"]).plain()
    assert deciding(changed) == deciding(plain)
    assert deciding(load_recipe(overrides=["averaging.enabled=true"]).plain()) != deciding(plain)


def test_what_cannot_be_on_together_is_told() -> None:
    both = ["rdrop.enabled=true", "teacher.model=somewhere"]
    with pytest.raises(RecipeError, match="rdrop and teacher cannot both be on"):
        load_recipe(overrides=both)


def test_settings_replace_values_and_leave_the_rest() -> None:
    recipe = load_recipe()
    changed = with_settings(recipe, {"training.rates.fil": 2.5, "cil.width": None})
    assert changed.training.rates.fil == 2.5
    assert changed.cil.width is None
    assert changed.training.rates.cil == recipe.training.rates.cil
    with pytest.raises(RecipeError, match="takes a value"):
        with_settings(recipe, {"seed.more": 1})
