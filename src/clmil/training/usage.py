"""What a run has taken of the machine."""

import sys
from contextlib import suppress
from pathlib import Path


def forget_peak_memory() -> None:
    """Begin anew to measure the most memory held, where the system can (Linux, GPU)."""
    with suppress(OSError):  # no Linux, or not allowed
        # Resets the mark that `getrusage` reads (proc(5), clear_refs).
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()


def peak_memory() -> dict[str, float]:
    """Return the most memory that this process has held, in MB; `gpu` where torch has used one."""
    try:
        import resource
    except ImportError:  # Windows has no such module
        return {}
    unit = 1e6 if sys.platform == "darwin" else 1e3  # bytes there, kilobytes on Linux
    usage = {"memory": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit, 1)}
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        usage["gpu"] = round(torch.cuda.max_memory_allocated() / 1e6, 1)
    return usage
