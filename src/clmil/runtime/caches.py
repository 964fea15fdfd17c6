"""Keeping memory flat while batches of ever new shapes pass through a network. Imports no torch."""

import os

CACHES = ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "LRU_CACHE_CAPACITY")
"""Of oneDNN and of torch's layer over it: kernels and buffers kept for each shape, 1,024 of them
unless told otherwise, though hardly a batch has the shape of another."""

CAPACITY = 128
"""Enough for the layers of a few batches, in each of which most shapes come several times."""


def bound_caches() -> None:
    """Let torch keep few shapes, unless the user has said how many; before torch is imported."""
    for name in CACHES:
        os.environ.setdefault(name, str(CAPACITY))
