"""One line for what a user can mend, exit codes, Ctrl-C."""

import os
import subprocess
import sys

import pytest


def test_version(clmil):
    result = clmil("--version")
    assert result.exit_code == 0
    assert result.stdout == "clmil 0.1.0\n"


def test_help_names_every_command(clmil):
    result = clmil("--help")
    assert result.exit_code == 0
    for command in ("train", "evaluate", "predict", "demo", "systems"):
        assert f" {command} " in result.stdout


def test_help_is_fast():
    command = [sys.executable, "-c", "from clmil.cli.main import main; main()", "--help"]
    times = []
    for _ in range(4):
        before = os.times()
        subprocess.run(command, check=True, capture_output=True)
        after = os.times()  # of the processor: it does not matter what else runs beside
        times.append(
            after.children_user
            + after.children_system
            - before.children_user
            - before.children_system
        )
    assert min(times) < 0.5


def test_user_errors_are_one_line_and_exit_code_2(clmil, colours):
    result = clmil("evaluate", colours.folder / "nowhere", colours.data)
    assert result.exit_code == 2
    last = result.stderr.strip().splitlines()[-1]
    assert last == f"Error: the model folder {colours.folder / 'nowhere'} does not exist; " + (
        "check the path."
    )
    assert result.stdout == ""


@pytest.mark.parametrize("words", [("train", "x"), ("nothing-such",), ("predict", "m", "--nope")])
def test_usage_errors_have_exit_code_2(clmil, words):
    result = clmil(*words)
    assert result.exit_code == 2
    assert "Usage" in result.stderr


def test_ctrl_c_in_training_says_how_to_go_on(clmil, colours, training):
    training.failure = KeyboardInterrupt()
    result = clmil("train", colours.data, "--output", colours.folder / "new")
    assert result.exit_code == 130
    assert "Interrupted. Run the same command with --resume to go on." in result.stderr


def test_a_missing_extra_names_its_pip_install(clmil, colours, training):
    training.failure = ModuleNotFoundError("No module named 'torch'", name="torch")
    result = clmil("train", colours.data, "--output", colours.folder / "new")
    assert result.exit_code == 2
    assert "Error: torch is not installed; get it with `pip install 'clmil[train]'`." in (
        result.stderr
    )


def test_a_fault_of_ours_is_not_hidden(clmil, colours, training):
    training.failure = ModuleNotFoundError("No module named 'clmil.lost'", name="clmil.lost")
    result = clmil("train", colours.data, "--output", colours.folder / "new")
    assert isinstance(result.exception, ModuleNotFoundError)
