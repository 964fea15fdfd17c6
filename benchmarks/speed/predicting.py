"""Prediction with a trained model: documents a second, F1 and one short text, by precision."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from clmil.data.columns import STANDARD
from clmil.data.corpus import read_documents
from clmil.data.targets import encode_targets
from clmil.decisions.metrics import score, threshold
from clmil.runtime.exporting import export_model
from clmil.runtime.predictor import Predictor

PRECISIONS = ("fp32", "bf16", "int8")
DOCUMENTS, SHORT, COLD = 512, 40, 5
TEXT = "a short text of a dozen words to be labelled while somebody waits"


def measure_prediction(name: str, folder: Path, model: Path | None, output: Path) -> None:
    """Write speeds and scores of one corpus's model beside those of the others."""
    model = model or Path("runs") / name
    documents, _ = read_documents(str(folder), columns=STANDARD, part="test")
    sample = documents.shuffle(seed=1).select(range(DOCUMENTS))
    texts = list(sample["text"])
    predictors = {wanted: Predictor.load(model, precision=wanted) for wanted in PRECISIONS}
    predictors |= _exported(model)
    space = predictors["fp32"].space
    targets = encode_targets(sample, space.names, where="test")
    found: dict[str, Any] = {}
    for wanted, predictor in predictors.items():
        predictor.predict_proba(texts[:32])
        began = time.perf_counter()
        probabilities = predictor.raw_proba(texts)
        seconds = time.perf_counter() - began
        scores = score(targets, threshold(probabilities))
        found[wanted] = {
            "documents_per_second": DOCUMENTS / seconds,
            "micro_f1": 100 * scores.micro_f1,
            "macro_f1": 100 * scores.macro_f1,
            "short_text_ms": _short(predictor),
        }
    kept = json.loads(output.read_text()) if output.exists() else {"corpora": {}}
    kept["corpora"][name] = found
    kept["cold_seconds"] = _cold(model)
    output.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def _exported(model: Path) -> dict[str, Predictor]:
    """Return the model as it runs in ONNX Runtime, by what the table calls it."""
    found = {}
    with tempfile.TemporaryDirectory() as scratch:
        for wanted in ("fp32", "int8"):
            export_model(model, Path(scratch) / wanted, int8=wanted == "int8")
            found[f"exported, {wanted}"] = Predictor.load(Path(scratch) / wanted)
    return found


def _short(predictor: Predictor) -> float:
    """Return the median time of one short text, warm, in milliseconds."""
    time.sleep(1)  # until threads of another runtime have stopped waiting for work
    times = []
    for _ in range(SHORT):
        began = time.perf_counter()
        predictor.predict_proba([TEXT])
        times.append(1000 * (time.perf_counter() - began))
    return float(np.median(times))


def _cold(model: Path) -> float:
    """Return the median time of `clmil predict MODEL --text ...` in a fresh process, in seconds."""
    command = [sys.executable, "-m", "clmil", "predict", str(model), "--text", TEXT]
    taken = []
    for _ in range(COLD):
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        taken.append(time.perf_counter() - began)
    return float(np.median(taken))
