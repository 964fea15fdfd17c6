"""How long the command line takes to answer `clmil --help`, in a fresh process."""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

TIMES = 15


def measure_startup(output: Path) -> None:
    """Write the median time."""
    times = []
    for _ in range(TIMES + 1):  # the first one fills the disk's cache
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "clmil", "--help"], check=True, capture_output=True)
        times.append(time.perf_counter() - began)
    found = {"help_seconds": float(np.median(times[1:])), "runs": TIMES}
    output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
