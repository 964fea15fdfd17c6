"""Mining contrastive pairs for 800,000 documents and 103 labels: time and peak memory."""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from clmil.labels.negatives import NegativeSampler, low_frequency, target_documents
from clmil.labels.relations import LabelRelations

DOCUMENTS, LABELS, NEGATIVES, PATTERNS = 800_000, 103, 31, 15_000
CASES = {"label sets that recur": PATTERNS, "each document its own draw": 0}
"""How many label sets documents share; 0: none, the worst case."""


def corpus(rng: np.random.Generator, patterns: int) -> np.ndarray:
    """Return a skewed (n, l) int8 matrix whose documents take one of so many label sets."""
    chance = np.minimum(0.47, 0.6 / np.arange(1, LABELS + 1) ** 0.9)
    sets = (rng.random((patterns or DOCUMENTS, LABELS), dtype=np.float32) < chance).astype(np.int8)
    return sets[rng.integers(patterns, size=DOCUMENTS)] if patterns else sets


def measure_pairs(output: Path) -> None:
    """Write what each case takes, each in a process of its own."""
    found = {}
    for name in CASES:
        command = [sys.executable, "-m", "benchmarks.speed.pairs", name]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found[name] = json.loads(done.stdout.splitlines()[-1])
        output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def mine(patterns: int) -> dict[str, Any]:
    """Return the time of each step, for every target document, and the peak memory."""
    rng = np.random.default_rng(0)
    targets = corpus(rng, patterns)
    times: dict[str, float] = {}
    began = time.perf_counter()
    relations = LabelRelations.fit(targets)
    times["relations"] = time.perf_counter() - began
    began = time.perf_counter()
    low = low_frequency(targets.sum(axis=0), DOCUMENTS)
    anchors = target_documents(targets, low)
    sampler = NegativeSampler.build(targets, relations, low_frequency=low)
    times["sampler"] = time.perf_counter() - began
    began = time.perf_counter()
    drawn = sampler.sample(anchors, NEGATIVES, rng)
    times["pairs"] = time.perf_counter() - began
    return {
        "documents": DOCUMENTS,
        "labels": LABELS,
        "label_sets": len(sampler.distinct.sets),
        "targets": len(anchors),
        "negatives": NEGATIVES,
        "drawn": int(np.asarray(drawn).size),
        "seconds": times,
        "total_seconds": sum(times.values()),
        "peak_memory_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
    }


if __name__ == "__main__":
    print(json.dumps(mine(CASES[sys.argv[1]])))
