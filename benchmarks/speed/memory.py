"""Peak memory of `clmil predict` over more and more short texts, with a tiny encoder."""

import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SIZES = (10_000, 100_000, 1_000_000)
CHILD = """
import resource, runpy, sys
sys.argv = ["clmil", *sys.argv[1:]]
try:
    runpy.run_module("clmil", run_name="__main__")
finally:
    print("PEAK", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, flush=True)
"""


def measure_memory(output: Path) -> None:
    """Write peak memory and rate for each number of texts."""
    from tests.tiny import FAST, save_encoder, toy_corpus

    from clmil.systems.recipe import load_recipe
    from clmil.training.run import train

    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        encoder = save_encoder(folder / "encoder")
        recipe = load_recipe("default", system="mil", overrides=[*FAST, f"encoder.name={encoder}"])
        train(toy_corpus(), recipe, folder / "model")
        for size in SIZES:
            texts = folder / "texts.jsonl"
            _write(texts, size)
            command = ["predict", str(folder / "model"), str(texts), "--overwrite"]
            command += ["--output", str(folder / "out.jsonl")]
            began = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-c", CHILD, *command], check=False, capture_output=True, text=True
            )
            seconds = time.perf_counter() - began
            peak = next(line for line in done.stdout.splitlines() if line.startswith("PEAK"))
            found[str(size)] = {
                "peak_memory_mb": int(peak.split()[1]) / 1000,
                "texts_per_second": size / seconds,
            }
            output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _write(path: Path, size: int) -> None:
    rng = random.Random(1)
    words = ["apple", "pear", "plum", "red", "green", "sweet", "sour", "ripe"]
    with path.open("w", encoding="utf-8") as stream:
        for _ in range(size):
            text = " ".join(rng.choices(words, k=rng.randint(3, 9)))
            stream.write(json.dumps({"text": text}) + "\n")
