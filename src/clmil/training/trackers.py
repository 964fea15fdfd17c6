"""Where a run is followed: trackers, and what the run is called there."""

import importlib.util
from pathlib import Path

from clmil.errors import MissingExtraError
from clmil.systems.settings import Recipe

MAIN = ("multi-task", "fit")
"""Stages whose runs are called as the model folder alone."""


def check_trackers(recipe: Recipe) -> None:
    """Raise a `MissingExtraError` if a tracker that the recipe reports to is not installed."""
    for name in {n for one in recipe.trainings() for n in getattr(one, "report_to", ())}:
        if importlib.util.find_spec(name) is None:
            raise MissingExtraError(
                f"training.report_to names {name}, which is not installed; run "
                f"`pip install {name}`, or set training.report_to=[]."
            )


def run_name(folder: Path, stage: str) -> str:
    """Return the name that trackers give a stage's run: that of the model folder, and the stage."""
    output = folder.resolve().parent.parent.name
    return output if stage in MAIN else f"{output}-{stage}"
