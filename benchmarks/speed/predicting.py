"""Prediction with a trained model: documents a second, F1 and one short text, by precision."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speed.short import TEXT, short_text
from clmil.data.columns import STANDARD
from clmil.data.corpus import read_documents
from clmil.data.targets import encode_targets
from clmil.decisions.metrics import score, threshold
from clmil.runtime.exporting import export_model
from clmil.runtime.predictor import Predictor

PRECISIONS = ("fp32", "bf16", "int8")
DOCUMENTS, COLD = 512, 5


def measure_prediction(name: str, folder: Path, model: Path | None, output: Path) -> None:
    """Write speeds and scores of one corpus's model beside those of the others."""
    model = model or Path("runs") / name
    documents, _ = read_documents(str(folder), columns=STANDARD, part="test")
    sample = documents.shuffle(seed=1).select(range(DOCUMENTS))
    texts = list(sample["text"])
    space = Predictor.load(model).space
    targets = encode_targets(sample, space.names, where="test")
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for title, (source, precision) in _variants(model, Path(scratch)).items():
            predictor = Predictor.load(source, precision=precision)
            predictor.predict_proba(texts[:32])
            began = time.perf_counter()
            probabilities = predictor.raw_proba(texts)
            seconds = time.perf_counter() - began
            scores = score(targets, threshold(probabilities))
            found[title] = {
                "documents_per_second": DOCUMENTS / seconds,
                "micro_f1": 100 * scores.micro_f1,
                "macro_f1": 100 * scores.macro_f1,
                "short_text_ms": short_text(str(source), precision),
            }
    kept = json.loads(output.read_text()) if output.exists() else {"corpora": {}}
    kept["corpora"][name] = found
    kept["cold_seconds"] = _cold(model)
    output.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def _variants(model: Path, scratch: Path) -> dict[str, tuple[Path, str]]:
    """Return folder and precision of the model in torch and as it is exported, by title."""
    found = {precision: (model, precision) for precision in PRECISIONS}
    for precision in ("fp32", "int8"):
        folder = scratch / precision
        export_model(model, folder, int8=precision == "int8")
        found[f"exported, {precision}"] = (folder, precision)
    return found


def _cold(model: Path) -> float:
    """Return the median time of `clmil predict MODEL --text ...` in a fresh process, in seconds."""
    command = [sys.executable, "-m", "clmil", "predict", str(model), "--text", TEXT]
    taken = []
    for _ in range(COLD):
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        taken.append(time.perf_counter() - began)
    return float(np.median(taken))
