"""How long one short text takes in a process that has predicted before, in milliseconds.

`python -m benchmarks.speed.short MODEL PRECISION` prints the median.
"""

import subprocess
import sys
import time

import numpy as np

from clmil.runtime.predictor import Predictor

TEXT = "a short text of a dozen words to be labelled while somebody waits"
WARM, TIMES = 10, 60


def short_text(model: str, precision: str) -> float:
    """Measure in a process of its own, as threads of several runtimes wait for one another."""
    command = [sys.executable, "-m", "benchmarks.speed.short", model, precision]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(told.stdout)


def main() -> None:
    """Measure and print."""
    predictor = Predictor.load(sys.argv[1], precision=sys.argv[2])
    times = []
    for _ in range(WARM + TIMES):
        began = time.perf_counter()
        predictor.predict_proba([TEXT])
        times.append(1000 * (time.perf_counter() - began))
    print(float(np.median(times[WARM:])))


if __name__ == "__main__":
    main()
