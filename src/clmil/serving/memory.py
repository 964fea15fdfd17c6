"""Keeping the memory of a server flat while batches of ever new shapes pass through it."""

import ctypes
import os
import sys
from time import monotonic

CACHES = ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "LRU_CACHE_CAPACITY")
"""Of oneDNN and of torch's layer over it: kernels and buffers kept for each shape, 1,024 of them
unless told otherwise, though hardly a batch has the shape of another."""

CAPACITY = 128
"""Enough for the layers of a few batches, in each of which most shapes come several times."""
EVERY = 10.0
"""Seconds between two times that free memory is given back."""


def bound_caches() -> None:
    """Let torch keep few shapes, unless the user has said how many; before torch is imported."""
    for name in CACHES:
        os.environ.setdefault(name, str(CAPACITY))


class FreeMemory:
    """Gives what the C library holds back to the system, now and then; glibc alone keeps it."""

    def __init__(self) -> None:
        library = ctypes.CDLL(None) if sys.platform == "linux" else None
        self._trim = getattr(library, "malloc_trim", None)
        self._last = monotonic()

    def give_back(self) -> None:
        """Do so, if it has not been done for some seconds; taking the memory again costs time."""
        if self._trim is not None and monotonic() - self._last > EVERY:
            self._trim(0)
            self._last = monotonic()
