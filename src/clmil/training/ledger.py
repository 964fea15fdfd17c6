"""What a comparison has spent and finished, on disk, so that a killed one goes on."""

import time
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from clmil.errors import ModelError
from clmil.storage.atomic import explained, read_json, write_json
from clmil.training.contest import Candidate
from clmil.training.deadline import Deadline

LEDGER = "ledger.json"

PAUSE = 1.0
"""Seconds between two notes of the time; a kill forgets at most so much."""

APART = ("system", "folder", "predictions")
"""What of a candidate is not written as plain values."""


class Ledger:
    """The time that each system of a comparison has taken, and the candidates that are finished.

    Args:
        work: folder of the comparison's run.
        models: folder that holds a model folder a system.

    Raises:
        ModelError: if what an interrupted comparison left is damaged.
    """

    def __init__(self, work: Path, models: Path) -> None:
        self.work, self.models = work, models
        file = work / LEDGER
        self._entries: dict[str, dict[str, Any]] = read_json(file) if file.exists() else {}
        self._written = 0.0

    def spent(self, system: str) -> float:
        """Return the seconds that a system has taken so far, over all interruptions."""
        return float(self._entries.get(system, {}).get("seconds", 0.0))

    def deadline(self, system: str, seconds: float, waiting: int) -> Deadline:
        """Return a system's equal share of what the others have left; what it took counts.

        Args:
            system: whose turn it is.
            seconds: for all systems.
            waiting: systems that are not finished, with this one.
        """
        others = sum(self.spent(name) for name in self._entries if name != system)
        entry = self._entries.get(system, {})
        return Deadline(
            seconds=max(seconds - others, 0.0) / waiting,
            began=time.monotonic() - self.spent(system),
            shortened=list(entry.get("shortened", ())),
            stopped=list(entry.get("stopped", ())),
        )

    def note(self, system: str, deadline: Deadline, *, now: bool = False) -> None:
        """Write down what a system has taken, if that was not done a moment ago."""
        if not now and time.monotonic() - self._written < PAUSE:
            return
        entry = self._entries.setdefault(system, {})
        entry["seconds"] = round(time.monotonic() - deadline.began, 2)
        entry |= {"shortened": deadline.shortened, "stopped": deadline.stopped}
        self._write()

    def finish(self, candidate: Candidate) -> None:
        """Keep a finished candidate."""
        file = self.work / f"{candidate.system}.npy"
        temporary = file.with_suffix(".writing.npy")
        with explained(file):
            np.save(temporary, candidate.predictions, allow_pickle=False)
            temporary.replace(file)
        names = [field.name for field in fields(candidate) if field.name not in APART]
        plain = {name: getattr(candidate, name) for name in names}
        self._entries.setdefault(candidate.system, {})["candidate"] = plain
        self._write()

    def finished(self, system: str) -> Candidate | None:
        """Return a candidate that was kept.

        Raises:
            ModelError: if its predictions are missing or damaged.
        """
        plain = self._entries.get(system, {}).get("candidate")
        if plain is None:
            return None
        file = self.work / f"{system}.npy"
        try:
            predictions = np.load(file, allow_pickle=False)
        except (OSError, ValueError) as error:
            raise ModelError(
                f"{file} is missing or damaged; start the comparison again with --overwrite."
            ) from error
        folder = self.models / system
        return Candidate(system=system, folder=folder, predictions=predictions, **plain)

    def _write(self) -> None:
        write_json(self.work / LEDGER, self._entries)
        self._written = time.monotonic()
