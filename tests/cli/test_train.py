"""What the options of `clmil train` become."""

import json

import pytest

from clmil.decisions.rule import DecisionRule
from clmil.storage.atomic import write_json
from clmil.storage.folder import ModelFacts, config_of, save_folder
from clmil.systems.recipe import load_recipe
from tests.cli.conftest import SPACE


def test_trains_and_says_what_next(clmil, colours, training):
    output = colours.folder / "new"
    result = clmil("train", colours.data, "--output", output)
    assert result.exit_code == 0, result.stderr
    assert "micro-F1" in result.stdout
    assert "50.0" in result.stdout
    assert f"The model is in {output}." in result.stdout
    assert f"clmil evaluate {output} HELD-OUT-FILE" in result.stdout
    assert len(training.calls[0]["corpus"].train) == len(colours.rows)


def test_settings_reach_the_recipe(clmil, colours, training):
    settings = ["--set", "training.epochs=4", "--set", "fil.kernel=5", "--system", "dil"]
    more = ["--seed", 9, "--encoder", "some/encoder", "--resume", "--overwrite"]
    output = colours.folder / "new"
    assert clmil("train", colours.data, "--output", output, *settings, *more).exit_code == 0
    call = training.calls[0]
    recipe = call["recipe"]
    assert (recipe.training.epochs, recipe.fil.kernel, recipe.system) == (4, 5, "dil")
    assert (recipe.seed, recipe.encoder.name) == (9, "some/encoder")
    assert call["resume"]
    assert call["overwrite"]


def test_the_recipes_own_system_stands(clmil, colours, training):
    recipe = colours.folder / "mine.yaml"
    recipe.write_text("system: bert\nseed: 3\n")
    words = ("train", colours.data, "--output", colours.folder / "new", "--recipe", recipe)
    assert clmil(*words).exit_code == 0
    assert (training.calls[0]["recipe"].system, training.calls[0]["recipe"].seed) == ("bert", 3)


def test_an_unknown_setting_stops_with_the_nearest(clmil, colours, training):
    output = colours.folder / "new"
    result = clmil("train", colours.data, "--output", output, "--set", "training.epoch=4")
    assert result.exit_code == 2
    assert "training.epochs" in result.stderr
    assert not training.calls


def test_columns_and_notes(clmil, colours, training):
    data = colours.folder / "own.csv"
    data.write_text("message,topics\nred and green,red;green\nred,red\n", encoding="utf-8")
    names = ("--text-column", "message", "--label-column", "topics", "--delimiter", ";")
    result = clmil("train", data, "--output", colours.folder / "new", *names)
    assert result.exit_code == 0, result.stderr
    train = training.calls[0]["corpus"].train
    assert train[0]["text"] == "red and green"
    assert train[0]["labels"] == ["red", "green"]
    for note in training.calls[0]["corpus"].notes:
        assert note in result.stderr


def test_label_columns(clmil, colours, training):
    data = colours.folder / "flags.csv"
    data.write_text("text,red,green\nred and green,1,1\nred,1,0\n", encoding="utf-8")
    words = ("train", data, "--output", colours.folder / "new", "--label-columns", "red, green")
    assert clmil(*words).exit_code == 0
    assert training.calls[0]["corpus"].train[1]["labels"] == ["red"]


def test_quiet_shows_the_result_alone(clmil, colours, training):
    result = clmil("train", colours.data, "--output", colours.folder / "new", "--quiet")
    assert result.exit_code == 0
    assert result.stderr == ""
    assert "The model is in" in result.stdout


def test_a_folder_with_a_test_part_is_named_for_evaluation(clmil, colours, training):
    folder = colours.folder / "parts"
    folder.mkdir()
    row = json.dumps({"text": "red", "labels": ["red"]}) + "\n"
    for part in ("train", "test"):
        (folder / f"{part}.jsonl").write_text(row * 2)
    result = clmil("train", folder, "--output", colours.folder / "new")
    assert f"clmil evaluate {colours.folder / 'new'} {folder}" in result.stdout


@pytest.mark.parametrize("name", ["nowhere.csv", "nowhere.jsonl"])
def test_a_missing_file_stops(clmil, colours, training, name):
    result = clmil("train", colours.folder / name, "--output", colours.folder / "new")
    assert result.exit_code == 2
    assert name in result.stderr
    assert not training.calls


def test_a_run_goes_on_from_a_model_with_its_recipe(clmil, colours, training):
    model = trained(colours.folder / "old", "training.epochs=7")
    words = ("train", colours.data, "--output", colours.folder / "new", "--from", model)
    assert clmil(*words, "--set", "training.learning_rate=0.1").exit_code == 0
    call = training.calls[0]
    assert call["start"].folder == model
    assert (call["recipe"].system, call["recipe"].training.epochs) == ("bert", 7)
    assert call["recipe"].training.learning_rate == 0.1


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--set", "cil.width=8"], "cil.width is 8"),
        (["--system", "cl-mil"], "of the system bert"),
        (["--from", "nowhere/at/all"], "does not exist"),
    ],
)
def test_another_architecture_cannot_go_on(clmil, colours, training, more, said):
    model = trained(colours.folder / "old")
    words = ("train", colours.data, "--output", colours.folder / "new", "--from", model)
    result = clmil(*words, *more)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())
    assert not training.calls


def trained(folder, *overrides):
    """Write what a model folder says, without weights."""
    recipe = load_recipe(system="bert", overrides=overrides).plain()
    facts = ModelFacts(space=SPACE, rule=DecisionRule.fixed(3), recipe=recipe, metrics={})
    save_folder(facts, lambda own: write_json(own / "config.json", config_of("joint")), folder)
    return folder
