"""Running a stage that is one piece of work; needs no torch."""

import shutil
import time
from pathlib import Path
from typing import Any

from clmil.storage.atomic import read_json, write_json
from clmil.systems.stages import PlainStage
from clmil.training import ranks
from clmil.training.progress import ProgressListener

FACTS = "finished.json"
"""Facts of a stage; once they are there, its work is whole."""


def run_plain(stage: PlainStage, folder: Path, listener: ProgressListener) -> dict[str, Any]:
    """Do a stage's work unless it is done, and take its result up.

    What an interrupted run left of it is deleted, as it cannot be told whether it is whole. Of
    several processes the first works, and all take the result up.

    Returns:
        Facts of the stage: its own, seconds and documents a second.
    """

    def lead() -> dict[str, Any]:
        if not (folder / FACTS).exists():
            _work(stage, folder, listener)
        told: dict[str, Any] = read_json(folder / FACTS)
        return told

    facts: dict[str, Any] = ranks.from_leader(lead)
    stage.load(folder)
    return facts


def _work(stage: PlainStage, folder: Path, listener: ProgressListener) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    listener.stage(stage.name, stage.steps)
    began, done = time.monotonic(), 0

    def rate() -> float:
        share = done / stage.steps
        return share * stage.documents / max(time.monotonic() - began, 1e-6)

    def advance() -> None:
        nonlocal done
        done += 1
        listener.step(done, stage.steps, {}, rate())

    facts = stage.run(folder, advance)
    done = stage.steps
    speed = {
        "seconds": round(time.monotonic() - began, 2),
        "documents_per_second": round(rate(), 2),
    }
    write_json(folder / FACTS, facts | speed)
    listener.step(done, stage.steps, {}, rate())
