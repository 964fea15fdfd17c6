"""What the shell completes, asked as a shell asks."""

import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from clmil.cli import completion, main
from clmil.systems.registry import SYSTEMS


def offered(words: str) -> list[str]:
    """Return what bash is offered for the last word."""
    environment = {
        "_CLMIL_COMPLETE": "complete_bash",
        "COMP_WORDS": f"clmil {words}",
        "COMP_CWORD": str(len(words.split(" "))),
    }
    result = CliRunner().invoke(main._app, prog_name="clmil", env=environment)
    return result.output.split()


def test_it_can_be_installed(clmil):
    assert "--install-completion" in clmil("--help").stdout


def test_commands_complete():
    assert offered("pr") == ["predict"]
    assert {"train", "push", "systems"} <= set(offered(""))


def test_systems_complete():
    assert offered("train x --system cl-m") == ["cl-mil"]
    assert set(offered("train x --system ")) == set(SYSTEMS)


def test_recipes_complete_with_files(tmp_path, monkeypatch):
    for name in ("mine.yaml", "mine.txt", ".hidden.yaml"):
        (tmp_path / name).touch()
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "deep.yml").touch()
    monkeypatch.chdir(tmp_path)
    assert offered("train x --recipe pa") == ["paper"]
    assert offered("train x --recipe m") == ["mine.yaml", "more/"]
    assert offered("train x --recipe more/") == ["more/deep.yml"]
    assert completion.recipes("") == ["default", "paper", "mine.yaml", "more/"]
    assert completion.recipes(f"{tmp_path}/mi") == [f"{tmp_path}/mine.yaml"]
    assert completion.recipes("no/such/") == []


def test_encoders_complete_with_folders(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine.yaml").touch()
    monkeypatch.chdir(tmp_path)
    for command in ("train", "adapt", "compare", "inspect", "review"):
        assert offered(f"{command} x --encoder mi") == ["minilm", "mine/"], command
    assert completion.encoders("./mi") == ["./mine/"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_can_be_shown(shell):
    environment = {**os.environ, "_CLMIL_COMPLETE": f"source_{shell}"}
    code = "from clmil.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert "_CLMIL_COMPLETE" in done.stdout
    assert "clmil" in done.stdout


def test_completing_is_light():
    code = (
        "import sys; from clmil.cli import completion as c\n"
        "c.systems(''); c.recipes(''); c.encoders('')\n"
        "print([m for m in ('torch', 'transformers', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
