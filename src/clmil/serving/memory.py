"""Giving the memory of a server back to the system."""

import ctypes
import sys
from time import monotonic

EVERY = 10.0
"""Seconds between two times that free memory is given back."""


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
