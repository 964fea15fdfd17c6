"""Running a stage that is one piece of work; needs no torch."""

import shutil
import time
from pathlib import Path
from typing import Any

from clmil.storage.atomic import read_json, write_json
from clmil.systems.stages import PlainStage
from clmil.training.progress import ProgressListener

FACTS = "finished.json"
"""Facts of a stage; once they are there, its work is whole."""


def run_plain(stage: PlainStage, folder: Path, listener: ProgressListener) -> dict[str, Any]:
    """Do a stage's work unless it is done, and take its result up.

    What an interrupted run left of it is deleted, as it cannot be told whether it is whole.

    Returns:
        Facts of the stage: its own, seconds and documents a second.
    """
    if not (folder / FACTS).exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        listener.stage(stage.name, 1)
        began = time.monotonic()
        facts = stage.run(folder)
        seconds = max(time.monotonic() - began, 1e-6)
        rate = stage.documents / seconds
        speed = {"seconds": round(seconds, 2), "documents_per_second": round(rate, 2)}
        write_json(folder / FACTS, facts | speed)
        listener.step(1, 1, {}, rate)
    stage.load(folder)
    told: dict[str, Any] = read_json(folder / FACTS)
    return told
