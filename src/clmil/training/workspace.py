"""The folder of a run: made once, known again by its recipe and data when it is resumed."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from datasets import Dataset

from clmil.errors import ModelError
from clmil.storage.atomic import explained, read_json, write_json
from clmil.storage.folder import CONFIG, is_model
from clmil.systems.recipe import deciding

WORK = "training"
"""Folder inside the model folder that holds checkpoints while a run lasts, and its logs."""

BEGUN = "run.json"
"""File there by which a run is known again."""

LOCK = "lock"
"""File there that the process of a run keeps locked."""

REPLACED = "replaced"
"""Folder there while a run replaces a model, which stays in use until the new one is whole."""


@contextmanager
def open_run(
    output: Path, run: dict[str, Any], *, resume: bool, overwrite: bool, keep: bool = False
) -> Iterator[Path]:
    """Give the work folder of a run, new or interrupted, and keep other runs out meanwhile.

    Args:
        output: folder of what the run makes.
        run: plain values by which it is known again.
        resume: go on with an interrupted run, if there is one.
        overwrite: replace what an earlier run has made; nothing else is ever replaced.
        keep: leave a model to be replaced as it is; the run moves it into the folder `REPLACED`
            when its own is whole. Without it, all is deleted at once.

    Raises:
        ModelError: if `output` exists and neither `resume` nor `overwrite` is given, another
            process is at work in it, or the interrupted run had other settings or data.
    """
    again = overwrite and not (resume and is_begun(output))
    if not _is_unfinished(output):  # of what is unfinished, the lock tells whether it still runs
        _check(output, run, resume=resume, again=again)
    work = output / WORK
    with _alone(output):
        _check(output, run, resume=resume, again=again)
        if again:
            _clear(output, keep=keep)
        if not is_begun(output):
            told = {key: value for key, value in run.items() if value is not None}
            write_json(work / BEGUN, told)
        yield work


def is_begun(output: Path) -> bool:
    """Tell whether a folder holds a run that can be resumed."""
    return (output / WORK / BEGUN).exists()


def is_finished(output: Path, run: dict[str, Any]) -> bool:
    """Tell whether a folder holds what a run has come to, and so nothing is left to do."""
    begun = is_begun(output) and not _is_unfinished(output)
    return begun and _changed(output, run) is None


def _is_unfinished(output: Path) -> bool:
    whole = (output / CONFIG).exists() and not (output / WORK / REPLACED).exists()
    return is_begun(output) and not whole


def _check(output: Path, run: dict[str, Any], *, resume: bool, again: bool) -> None:
    """Raise a `ModelError` if a run may not go on, or begin, in a folder."""
    if output.exists() and not output.is_dir():
        raise ModelError(f"the output {output} is a file; give a folder that does not exist yet.")
    if not output.exists() or not any(output.iterdir()):
        return
    begun = is_begun(output)
    if not (begun or is_model(output) or (output / WORK / LOCK).exists()):
        raise ModelError(
            f"the output folder {output} holds other files than those of a clmil model; choose "
            "another one."
        )
    if again:
        return
    unfinished = _is_unfinished(output)
    if (output / CONFIG).exists() and not unfinished and not (resume and begun):
        raise ModelError(
            f"the output folder {output} exists; choose another one or add --overwrite."
        )
    if not begun:
        return
    if not resume:
        raise ModelError(
            f"the output folder {output} holds an unfinished run; "
            "add --resume to go on with it or --overwrite to start again."
        )
    state, changed = "unfinished" if unfinished else "finished", _changed(output, run)
    if changed is not None:
        other = "other data" if changed == "data" else f"another {changed}"
        raise ModelError(
            f"the {state} run in {output} had {other}; give the same to --resume, "
            "or start again with --overwrite."
        )
    if not unfinished:
        raise ModelError(
            f"the run in {output} is finished already; choose another folder, or start again with "
            "--overwrite."
        )


def _changed(output: Path, run: dict[str, Any]) -> str | None:
    """Return in what a run differs from the one that was begun; None: in nothing."""
    then, now = _known_by(read_json(output / WORK / BEGUN)), _known_by(run)
    return next((key for key in (*now, *then) if then.get(key) != now.get(key)), None)


def _known_by(run: dict[str, Any]) -> dict[str, Any]:
    """Return what an interrupted run has to share with the one that goes on."""
    told = {key: value for key, value in run.items() if value is not None}
    return deciding(told) | {"recipe": deciding(told.get("recipe", {}))}


@contextmanager
def _alone(output: Path) -> Iterator[None]:
    """Keep other processes from running in a folder."""
    work = output / WORK
    with explained(work):
        work.mkdir(parents=True, exist_ok=True)
        lock = (work / LOCK).open("w")
    with lock:
        if not _locks(lock):
            raise ModelError(
                f"another run is at work in {output}; wait until it has ended, or choose another "
                "folder."
            )
        yield


def _locks(file: IO[str]) -> bool:
    """Lock an open file, unless another process does; the lock ends with ours, however it ends."""
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except (ImportError, OSError):  # Windows, or a file system without locks: runs go on as ever
        pass
    return True


def _clear(output: Path, *, keep: bool) -> None:
    """Delete what an earlier run left, but for the lock and a model that is to be kept."""
    work = output / WORK
    kept = keep and (output / CONFIG).exists()
    with explained(output):
        for old in (*work.iterdir(), *(() if kept else output.iterdir())):
            if old not in (work, work / LOCK):
                shutil.rmtree(old) if old.is_dir() and not old.is_symlink() else old.unlink()
        if kept:
            (work / REPLACED).mkdir()


def fingerprint(*parts: Dataset) -> str:
    """Return a hash of texts and labels, by which a resumed run knows its data."""
    digest = hashlib.sha256()
    for part in parts:
        for start in range(0, len(part), 1000):
            rows = part[start : start + 1000]
            digest.update(repr((rows["text"], rows["labels"], rows["unknown"])).encode())
    return digest.hexdigest()
