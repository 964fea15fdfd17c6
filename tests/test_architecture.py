"""The code keeps to docs/architecture.md: who may import whom, and what stays light."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "clmil"
HEAVY = ("torch", "transformers", "datasets", "sklearn", "numpy")


def rooms_in_order() -> list[str]:
    """Return the rooms as the page lists them, from the face down to the errors."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    cells = re.findall(r"^\| `([\w/.]+)` \|", page, flags=re.MULTILINE)
    return [cell.removesuffix("/").removesuffix(".py").removeprefix("clmil/") for cell in cells]


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported(tree: ast.AST) -> set[str]:
    """Return the modules that a tree imports, inside functions too."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def imported_at_once(tree: ast.Module) -> set[str]:
    """Return the top packages that importing a module imports."""
    at_once = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    return {name.split(".")[0] for node in at_once for name in imported(node)}


MODULES = sorted(SOURCE.rglob("*.py"))
ROOMS = rooms_in_order()


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_files_that_a_page_names_are_there(page):
    named = set(re.findall(r"`(\w+/[\w/]+\.(?:py|yaml))`", page.read_text(encoding="utf-8")))
    named -= {"systems/average.py"}  # the one to write in docs/adding-a-system.md
    lost = {name for name in named if not any((at / name).exists() for at in (SOURCE, ROOT))}
    assert not {name for name in lost if not name.startswith("clmil/")}


def test_the_page_lists_every_room():
    assert sorted(ROOMS) == sorted({room_of(path) for path in MODULES})


@pytest.mark.parametrize("room", sorted(path.parent.name for path in SOURCE.glob("*/__init__.py")))
def test_the_page_names_every_file_of_a_room(room):
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    (said,) = re.findall(rf"^\*\*{room}/\*\* (.*?)\n\n", page, flags=re.MULTILINE | re.DOTALL)
    inside = [path.relative_to(SOURCE / room) for path in (SOURCE / room).rglob("*.py")]
    # Of a folder in a room the name is enough.
    names = {path.name if len(path.parts) == 1 else f"{path.parts[0]}/" for path in inside}
    assert not {name for name in names - {"__init__.py"} if f"`{name}`" not in said}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_point_down(path):
    here = room_of(path)
    names = [name for name in imported(ast.parse(path.read_text())) if name.startswith("clmil.")]
    used = {name.split(".")[1] for name in names} & set(ROOMS) - {here}
    upwards = {room for room in used if ROOMS.index(room) < ROOMS.index(here)}
    assert not upwards, f"{here} must not import {upwards}"
    assert not {"runtime", "training"} <= {here, *used} or here in ("cli", "estimator")


@pytest.mark.parametrize("room", ["labels", "decisions", "data", "cli", "reports", "errors"])
def test_torch_stays_out(room):
    modules = [path for path in MODULES if room_of(path) == room and path.stem != "batching"]
    assert modules
    for path in modules:
        assert "torch" not in imported_at_once(ast.parse(path.read_text())), path


def test_nn_knows_no_files_and_no_trainer():
    for path in SOURCE.glob("nn/*.py"):
        names = imported(ast.parse(path.read_text()))
        assert not [n for n in names if n.split(".")[0] in ("pathlib", "os", "typer", "rich")], path
        assert not [name for name in names if "Trainer" in name], path


@pytest.mark.parametrize("statement", ["import clmil", "import clmil.cli.main"])
def test_import_is_light(statement):
    check = f"import sys; {statement}; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_is_light():
    check = (
        "import sys\n"
        "sys.argv = ['clmil', '--help']\n"
        "from clmil.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert end.code == 0\n"
        f"print([m for m in {HEAVY} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")


def test_the_face_names_what_it_has():
    import clmil

    assert clmil.__version__ == "0.1.0"
    assert set(clmil.__all__) <= set(dir(clmil))
    with pytest.raises(AttributeError, match="nothing_such"):
        clmil.nothing_such  # noqa: B018
