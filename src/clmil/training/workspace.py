"""The folder of a run: made once, known again by its recipe and data when it is resumed."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

from datasets import Dataset

from clmil.errors import ModelError
from clmil.storage.atomic import explained, read_json, write_json
from clmil.storage.folder import is_model
from clmil.systems.recipe import deciding

WORK = "training"
"""Folder inside the model folder that holds checkpoints while a run lasts, and its logs."""

BEGUN = "run.json"
"""File there by which a run is known again."""


def open_run(output: Path, run: dict[str, Any], *, resume: bool, overwrite: bool) -> Path:
    """Make the work folder of a run, or check that an interrupted one may go on.

    Raises:
        ModelError: if `output` exists and neither `resume` nor `overwrite` is given, or the
            interrupted run had other settings or data.
    """
    work = output / WORK
    begun = work / BEGUN
    if output.exists() and not output.is_dir():
        raise ModelError(f"the output {output} is a file; give a folder that does not exist yet.")
    if overwrite and output.exists() and not (resume and begun.exists()):
        _clear(output)
    if output.exists() and any(output.iterdir()):
        if (output / "config.json").exists() or not begun.exists():
            raise ModelError(
                f"the output folder {output} exists; choose another one or add --overwrite."
            )
        if not resume:
            raise ModelError(
                f"the output folder {output} holds an unfinished run; "
                "add --resume to go on with it or --overwrite to start again."
            )
        before = read_json(begun)
        then, now = _known_by(before), _known_by(run)
        if then != now:
            changed = next(key for key in (*now, *then) if then.get(key) != now.get(key))
            raise ModelError(
                f"the unfinished run in {output} had another {changed}; give the same one to "
                "--resume, or start again with --overwrite."
            )
        return work
    with explained(work):
        work.mkdir(parents=True, exist_ok=True)
    write_json(begun, {key: value for key, value in run.items() if value is not None})
    return work


def is_begun(output: Path) -> bool:
    """Tell whether a folder holds a run that can be resumed."""
    return (output / WORK / BEGUN).exists()


def _known_by(run: dict[str, Any]) -> dict[str, Any]:
    """Return what an interrupted run has to share with the one that goes on."""
    told = {key: value for key, value in run.items() if value is not None}
    return told | {"recipe": deciding(told.get("recipe", {}))}


def _clear(output: Path) -> None:
    """Delete what an earlier run left; nothing else is ever deleted."""
    ours = is_begun(output) or is_model(output)
    if any(output.iterdir()) and not ours:
        raise ModelError(
            f"the output folder {output} holds no clmil model, so --overwrite does not delete it; "
            "choose another folder."
        )
    with explained(output):
        shutil.rmtree(output)


def fingerprint(*parts: Dataset) -> str:
    """Return a hash of texts and labels, by which a resumed run knows its data."""
    digest = hashlib.sha256()
    for part in parts:
        for start in range(0, len(part), 1000):
            rows = part[start : start + 1000]
            digest.update(repr((rows["text"], rows["labels"], rows["unknown"])).encode())
    return digest.hexdigest()
