"""Training and prediction of clmil and of what a user would pick instead, one at a time."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speed.slices import WORK, encoder_folder, slice_corpus

HERE = Path(__file__).parent
COMPETITORS: dict[str, dict[str, Any]] = {
    "Trainer, fp32": {"script": "trainer", "best": False},
    "Trainer, bf16, grouped": {"script": "trainer", "best": True},
    "LibMultiLabel BERT, as it comes": {
        "script": "libmultilabel_bert",
        "environment": "libmultilabel",
        "dropout": False,
    },
    "LibMultiLabel BERT, dropout on": {
        "script": "libmultilabel_bert",
        "environment": "libmultilabel",
        "dropout": True,
    },
    "tlmtc (LoRA)": {"script": "tlmtc_workflow", "environment": "tlmtc", "lora": True},
    "tlmtc, all weights": {"script": "tlmtc_workflow", "environment": "tlmtc", "lora": False},
    "sentence-transformers + logistic": {"script": "sentence_head"},
    "clmil bert": {"script": "own", "system": "bert", "joint": 0, "precision": "auto"},
    "clmil mil (all heads)": {"script": "own", "system": "mil", "joint": 1, "precision": "auto"},
}
"""Names as the tables show them. The first is the peer as it comes, the second at its best."""

COMMON = {"max_length": 256, "batch_size": 32, "learning_rate": 1e-4, "seed": 1}
PLANS = {
    "reuters": {"epochs": 2, "validate_every": 20},
    "aapd-8k": {"epochs": 1, "validate_every": 0},
}
"""Reuters runs to a validation score; of AAPD, whose epochs are long, only speed is taken."""

TIMED = (
    "train_documents_per_second",
    "predict_documents_per_second",
    "train_seconds",
    "seconds_to_first_step",
    "peak_memory_gb",
)


def run_peers(name: str, source: Path, output: Path, only: list[str], repeats: int = 1) -> None:
    """Run each competitor on a corpus slice, in turns, and keep what was found after each run."""
    data, encoder = slice_corpus(name, source), encoder_folder()
    found = json.loads(output.read_text()) if output.exists() else {"corpora": {}}
    found["settings"] = COMMON
    rows = found["corpora"].setdefault(name, {"plan": PLANS[name], "systems": {}})["systems"]
    chosen = [title for title in COMPETITORS if not only or title in only]
    runs: dict[str, list[dict[str, Any]]] = {title: [] for title in chosen}
    for title in chosen * repeats:
        own = COMPETITORS[title]
        settings = {**COMMON, **PLANS[name], **own, "data": str(data), "encoder": str(encoder)}
        runs[title].append(run_one(settings, python_of(own.get("environment"))))
        rows[title] = middle(runs[title])
        output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def middle(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the run of median training speed, with the medians of all that is timed."""
    kept = sorted(
        (run for run in runs if "failed" not in run),
        key=lambda run: run["train_documents_per_second"],
    )
    if not kept:
        return runs[-1]
    medians = {key: float(np.median([run[key] for run in kept])) for key in TIMED}
    return kept[(len(kept) - 1) // 2] | medians | {"runs": len(kept)}


def run_one(settings: dict[str, Any], python: str) -> dict[str, Any]:
    """Run one competitor's script and return the JSON that it printed."""
    script = HERE / "competitors" / f"{settings['script']}.py"
    done = subprocess.run(
        [python, str(script), json.dumps(settings)],
        env=os.environ | {"STARTED": str(time.time()), "PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        check=False,
    )
    for line in reversed(done.stdout.splitlines()):
        if line.startswith("RESULT "):
            result: dict[str, Any] = json.loads(line.removeprefix("RESULT "))
            return result
    return {"failed": (done.stderr.strip().splitlines() or ["no output"])[-1][:300]}


def python_of(environment: str | None) -> str:
    """Return the interpreter of a competitor's own environment, which is made if need be.

    Versions are exact, and so the bounds on Python that tlmtc sets can be ignored.
    """
    if environment is None:
        return sys.executable
    folder, wanted = WORK / environment, HERE / "environments" / f"{environment}.txt"
    python, done = folder / "bin" / "python", folder / "done"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pip = [str(python), "-m", "pip", "install", "-q", "--ignore-requires-python"]
        subprocess.run([*pip, "-r", str(wanted)], check=True)
        mend = wanted.with_name(f"mend_{environment}.py")
        if mend.exists():
            subprocess.run([str(python), str(mend)], check=True)
        done.touch()
    return str(python)
