"""`python -m benchmarks.speed WHAT`: measure one thing and write results/bench-WHAT.json."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

RESULTS = Path("results")
CORPORA = ("aapd-8k", "reuters")
WHAT = ("peers", "changes", "limit", "predict", "memory", "startup", "pairs", "labels")


def corpus_folder(name: str) -> Path:
    """Return the folder of a corpus below CLMIL_DATA_DIR; AAPD-8k is put together first."""
    base = os.environ.get("CLMIL_DATA_DIR")
    if not base:
        sys.exit("CLMIL_DATA_DIR does not name the folder with the corpora (docs/data.md).")
    if name == "reuters":
        return Path(base) / "reuters"
    folder = Path(".bench") / "aapd-8k"
    if not (folder / "test.jsonl.gz").exists():
        subprocess.run([sys.executable, "benchmarks/aapd_8k.py", str(folder)], check=True)
    return folder


def main() -> None:
    """Parse, measure, write."""
    parser = argparse.ArgumentParser(prog="benchmarks.speed", description=__doc__)
    parser.add_argument("what", choices=WHAT)
    parser.add_argument("--corpus", choices=CORPORA, help="only this one")
    parser.add_argument("--only", action="append", default=[], help="only this competitor")
    parser.add_argument("--repeats", type=int, default=1, help="runs of each competitor, in turns")
    parser.add_argument("--model", type=Path, help="model folder, for predict and limit")
    given = parser.parse_args()
    output = RESULTS / f"bench-{given.what}.json"
    chosen = [given.corpus] if given.corpus else list(CORPORA)
    if given.what == "peers":
        from benchmarks.speed.peers import run_peers

        for name in chosen:
            run_peers(name, corpus_folder(name), output, given.only, given.repeats)
    elif given.what == "limit":
        from benchmarks.speed.limit import measure_limit

        measure_limit(corpus_folder(chosen[0]), output)
    elif given.what == "changes":
        from benchmarks.speed.changes import measure_changes

        measure_changes(corpus_folder(chosen[0]), output)
    elif given.what == "predict":
        from benchmarks.speed.predicting import measure_prediction

        for name in chosen:
            measure_prediction(name, corpus_folder(name), given.model, output)
    elif given.what == "labels":
        from benchmarks.speed.labels import measure_labels

        for name in chosen:
            measure_labels(name, corpus_folder(name), output)
    elif given.what == "memory":
        from benchmarks.speed.memory import measure_memory

        measure_memory(output)
    elif given.what == "startup":
        from benchmarks.speed.startup import measure_startup

        measure_startup(output)
    else:
        from benchmarks.speed.pairs import measure_pairs

        measure_pairs(output)


if __name__ == "__main__":
    main()
