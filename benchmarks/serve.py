"""Measure `clmil serve` under load against the same model offline, on the same machine.

    python -m benchmarks.serve runs/aapd-8k TEXTS --output results/serve.json

TEXTS is a file that `clmil predict` takes, with a column `text`. The server runs as a process of
its own; 100 clients ask it one text each for a minute, over and over. Offline is the same model
over the same texts, in batches of the same size and in the same precision, before and after.
"""

import argparse
import itertools
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.load import Load, run_load
from clmil.data.records import iter_records
from clmil.storage.atomic import write_json

BATCH = 32


def main() -> None:
    """Parse the command line, measure, write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--output", type=Path, default=Path("results/serve.json"))
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--documents", type=int, default=1000, help="texts to draw from")
    parser.add_argument("--precision", default="auto")
    given = parser.parse_args()
    texts = first_texts(given.texts, given.documents)
    before = offline(given.model, texts, given.precision)
    with server(given.model, given.precision) as (process, port):
        run_load(port, texts, clients=4, seconds=2)  # the first batches prepare the network
        load, memory = watched(process.pid, port, texts, given.clients, given.seconds)
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=90)
    after = offline(given.model, texts, given.precision)
    report = {
        "model": given.model.name,
        "texts": len(texts),
        "data": given.texts.name,
        "precision": before["precision"],
        "clients": given.clients,
        "cores": len(os.sched_getaffinity(0)),
        "clmil": version("clmil"),
        **summary(load, memory, (before["rate"] + after["rate"]) / 2),
        "offline_runs": [before["rate"], after["rate"]],
        "exit_code": code,
    }
    write_json(given.output, report)
    print(f"wrote {given.output}")


def first_texts(file: Path, documents: int) -> list[str]:
    """Return the first texts of a file."""
    return [record.values["text"] for record in itertools.islice(iter_records(file), documents)]


def offline(model: Path, texts: list[str], precision: str) -> dict[str, Any]:
    """Return documents per second of the predictor in a process of its own, and its precision."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_offline, model, texts, precision).result()


def _offline(model: Path, texts: list[str], precision: str) -> dict[str, Any]:
    from clmil.runtime.predictor import Predictor

    predictor = Predictor.load(model, precision=precision)
    predictor.predict_proba(texts[: 2 * BATCH], batch_size=BATCH)
    started = time.perf_counter()
    predictor.predict_proba(texts, batch_size=BATCH)
    rate = len(texts) / (time.perf_counter() - started)
    return {"rate": rate, "precision": predictor.precision}


@contextmanager
def server(model: Path, precision: str) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """Run `clmil serve` on a free port."""
    words = ["serve", str(model), "--port", "0", "--precision", precision]
    words += ["--batch-size", str(BATCH)]
    process = subprocess.Popen(
        [sys.executable, "-m", "clmil", *words], stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        if found is None:
            sys.exit(f"the server did not start: {line}")
        yield process, int(found[1])
    finally:
        process.kill()
        process.wait()


def watched(
    pid: int, port: int, texts: list[str], clients: int, seconds: float
) -> tuple[Load, dict[str, float]]:
    """Load the server; return what the clients saw, and its memory in MiB by second."""
    memory: dict[str, float] = {}

    def note(at: float) -> None:
        memory[f"{at:.0f}"] = resident(pid)

    return run_load(port, texts, clients=clients, seconds=seconds, watch=note), memory


def resident(pid: int) -> float:
    """Return the resident memory of a process in MiB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024


def summary(load: Load, memory: dict[str, float], offline_rate: float) -> dict[str, Any]:
    """Return the figures of a report."""
    rate = load.answers[200] / load.seconds
    middle, late = np.percentile(load.latencies, [50, 99]).tolist() if load.latencies else (0, 0)
    end = max(map(float, memory))
    return {
        "seconds": load.seconds,
        "requests": load.sent,
        "answers": {str(status): count for status, count in sorted(load.answers.items())},
        "lost": load.lost,
        "documents_per_second": rate,
        "offline_documents_per_second": offline_rate,
        "share_of_offline": rate / offline_rate,
        "latency_seconds": {"p50": middle, "p99": late},
        "memory_mib": {
            "largest_after_10_s": largest(memory, 10, end / 2),
            "largest_in_second_half": largest(memory, end / 2, end),
            "by_second": memory,
        },
    }


def largest(memory: dict[str, float], start: float, end: float) -> float:
    """Return the most between two seconds; memory rises and is given back now and then."""
    return max(size for at, size in memory.items() if start <= float(at) <= end)


if __name__ == "__main__":
    main()
