"""Predictions of chunks of rows, kept until the file that they belong to is whole.

A piece is known by its content: a hash of the texts and of all that decides what is predicted
for them. Whoever computes it, and how often, it is the same piece, so work that is done twice
after a failure doubles nothing, and one that no longer fits is not found.
"""

import hashlib
import json
import uuid
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from clmil.decisions.rule import DecisionRule
from clmil.storage.atomic import explained
from clmil.storage.folder import model_files


@dataclass(frozen=True)
class Pieces:
    """A folder of pieces.

    Attributes:
        folder: where they lie; of a network of machines, all must see it.
        key: hash of what predicts, as `prediction_key` gives it.
    """

    folder: Path
    key: str

    def get(self, texts: list[str]) -> tuple[np.ndarray, np.ndarray] | None:
        """Return a piece's (n, l) float32 probabilities and (n, l) int8 labels, if it is whole."""
        try:
            with np.load(self._place(texts), allow_pickle=False) as arrays:
                return arrays["probabilities"], arrays["decided"]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None

    def put(self, texts: list[str], probabilities: np.ndarray, decided: np.ndarray) -> None:
        """Keep a piece; it appears when it is whole.

        Raises:
            ModelError: if it cannot be written.
        """
        place = self._place(texts)
        temporary = place.with_suffix(f".{uuid.uuid4().hex}.writing")
        with explained(place):
            self.folder.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as stream:
                np.savez(stream, probabilities=probabilities, decided=decided.astype(np.int8))
            temporary.replace(place)

    def _place(self, texts: list[str]) -> Path:
        return self.folder / f"{_digest([self.key, texts])}.npz"


def prediction_key(
    model: Path,
    rule: DecisionRule,
    names: tuple[str, ...],
    *,
    precision: str,
    batch_size: int,
    text_column: str,
) -> str:
    """Return a hash of what decides a prediction.

    That is: files of the model, rule, precision, batches, and the column that is read.
    """
    with explained(model):
        files = [
            (str(file.relative_to(model)), file.stat().st_size, file.stat().st_mtime_ns)
            for file in model_files(model)
        ]
    return _digest([files, rule.to_json(names), names, precision, batch_size, text_column])


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, default=str).encode()).hexdigest()[:32]
