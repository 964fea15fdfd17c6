"""What every competitor's script shares. Imports nothing but the standard library and NumPy."""

import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

SETTINGS: dict[str, Any] = json.loads(sys.argv[1])


class Data:
    """Texts and indicator matrices of the three parts; labels are those of the training part."""

    def __init__(self) -> None:
        rows = {
            part: [json.loads(line) for line in _path(part).open(encoding="utf-8")]
            for part in ("train", "validation", "test")
        }
        self.names = sorted({label for row in rows["train"] for label in row["labels"]})
        self.texts = {part: [row["text"] for row in rows[part]] for part in rows}
        self.labels = {part: [row["labels"] for row in rows[part]] for part in rows}
        at = {name: column for column, name in enumerate(self.names)}
        self.targets = {}
        for part, lists in self.labels.items():
            matrix = np.zeros((len(lists), len(self.names)), dtype=np.int8)
            for row, labels in enumerate(lists):
                matrix[row, [at[label] for label in labels]] = 1
            self.targets[part] = matrix


class Clock:
    """Times the steps of a training run, validations left out."""

    def __init__(self) -> None:
        self.steps: list[float] = []
        self.curve: list[list[float]] = []
        self.first: float | None = None
        self._began = 0.0

    def begin(self) -> None:
        """Start a step."""
        self._began = time.perf_counter()
        self.first = self.first or time.time() - float(os.environ["STARTED"])

    def end(self) -> None:
        """End it."""
        self.steps.append(time.perf_counter() - self._began)

    def validated(self, micro_f1: float) -> None:
        """Note a validation score at the training time so far."""
        self.curve.append([sum(self.steps), micro_f1])


def f1(targets: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """Return micro- and macro-F1 at 0.5, in per cent."""
    predicted = probabilities > 0.5
    true = targets == 1
    cells = ((true, predicted), (~true, predicted), (true, ~predicted))
    tp, fp, fn = ((a & b).sum(0) for a, b in cells)
    each = 2 * tp / np.maximum(2 * tp + fp + fn, 1)
    micro = 2 * tp.sum() / max(2 * tp.sum() + fp.sum() + fn.sum(), 1)
    return {"micro_f1": float(100 * micro), "macro_f1": float(100 * each.mean())}


def report(
    clock: Clock, data: Data, probabilities: dict[str, np.ndarray], predicted_in: float
) -> None:
    """Print one line of JSON."""
    warm = clock.steps[2:] or clock.steps
    seen = len(data.texts["train"]) * SETTINGS["epochs"]
    documents = seen * len(warm) / max(len(clock.steps), 1)
    found = {
        "train_documents_per_second": documents / sum(warm) if warm else None,
        "train_seconds": sum(clock.steps),
        "predict_documents_per_second": len(data.texts["test"]) / predicted_in,
        "seconds_to_first_step": clock.first,
        "peak_memory_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
        "curve": clock.curve,
        **{part: f1(data.targets[part], probabilities[part]) for part in probabilities},
    }
    print("RESULT " + json.dumps(found))


def _path(part: str) -> Path:
    return Path(SETTINGS["data"]) / f"{part}.jsonl"
