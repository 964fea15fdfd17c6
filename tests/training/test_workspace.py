"""The folder of a run: who may work in it, and what of it may be replaced."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from clmil.errors import ModelError
from clmil.storage.atomic import write_json
from clmil.storage.folder import config_of
from clmil.training.workspace import LOCK, REPLACED, WORK, is_finished, open_run

RUN = {"recipe": {"seed": 1}, "data": "a"}
HOLD = """
import sys
from pathlib import Path
from clmil.training.workspace import open_run
run = {"recipe": {"seed": 1}, "data": "a"}
with open_run(Path(sys.argv[1]), run, resume=True, overwrite=False):
    print("held", flush=True)
    sys.stdin.read()
"""


def work_in(output: Path, run: dict[str, Any] = RUN, **how: bool) -> None:
    with open_run(output, run, **{"resume": False, "overwrite": False, **how}):
        pass


def finished(output: Path) -> Path:
    work_in(output)
    write_json(output / "config.json", config_of("linear"))
    return output


def test_another_process_is_kept_out_until_this_one_ends(tmp_path: Path) -> None:
    words = [sys.executable, "-c", HOLD, str(tmp_path / "model")]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        for how in ({}, {"resume": True}, {"overwrite": True}):
            with pytest.raises(ModelError, match=r"another run is at work in .*wait until it has"):
                work_in(tmp_path / "model", **how)
        holder.kill()
    work_in(tmp_path / "model", resume=True)


def test_a_run_in_this_process_keeps_others_out_too(tmp_path: Path) -> None:
    with (
        open_run(tmp_path, RUN, resume=False, overwrite=False),
        pytest.raises(ModelError, match="another run is at work"),
    ):
        work_in(tmp_path, resume=True)


def test_a_run_that_was_killed_before_it_had_begun_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / WORK).mkdir()
    (tmp_path / WORK / LOCK).touch()
    work_in(tmp_path)
    with pytest.raises(ModelError, match=r"unfinished run; add --resume"):
        work_in(tmp_path)
    with pytest.raises(ModelError, match=r"unfinished run in .* had other data"):
        work_in(tmp_path, RUN | {"data": "b"}, resume=True)
    work_in(tmp_path, RUN | {"data": "b"}, overwrite=True)
    work_in(tmp_path, RUN | {"data": "b"}, resume=True)


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_not_ours_is_left_alone(tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ModelError, match="holds other files than those of a clmil model"):
        work_in(tmp_path, overwrite=overwrite)
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.txt"]
    with pytest.raises(ModelError, match="is a file"):
        work_in(tmp_path / "thesis.txt", overwrite=overwrite)


def test_what_is_finished_is_known(tmp_path: Path) -> None:
    output = finished(tmp_path / "model")
    assert is_finished(output, RUN)
    assert not is_finished(output, RUN | {"data": "b"})
    assert not is_finished(tmp_path / "nothing", RUN)
    with pytest.raises(ModelError, match="exists; choose another one or add --overwrite"):
        work_in(output)
    with pytest.raises(ModelError, match="is finished already"):
        work_in(output, resume=True)
    with pytest.raises(ModelError, match=r"the finished run in .* had other data"):
        work_in(output, RUN | {"data": "b"}, resume=True)


def test_a_model_is_kept_while_its_successor_is_made(tmp_path: Path) -> None:
    output = finished(tmp_path / "model")
    (output / WORK / "logs").mkdir()
    work_in(output, overwrite=True, keep=True)
    assert (output / "config.json").exists()
    assert (output / WORK / REPLACED).is_dir()
    assert not (output / WORK / "logs").exists()
    assert not is_finished(output, RUN)
    work_in(output, resume=True, keep=True)
    work_in(output, overwrite=True)
    assert not (output / "config.json").exists()
