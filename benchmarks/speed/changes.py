"""What each change to the training step is worth: the step as it is, and with one taken back."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from torch import Tensor

from benchmarks.speed.material import Work, make_work
from benchmarks.speed.tables import CHANGES
from clmil.nn import dropout, packed

ROUNDS = 5


def bernoulli_mask(like: Tensor, rate: float) -> Tensor:
    """Draw a mask as PyTorch's dropout does."""
    return torch.empty_like(like).bernoulli_(1.0 - rate).div_(1.0 - rate)


def fused_attention(
    inward: Tensor,
    counts: Any,
    heads: int,
    rate: float = 0.0,  # noqa: ARG001
    gap: int = 0,
    beside: Tensor | None = None,
) -> Tensor:
    """Attend by PyTorch's own kernel, forward and backward."""
    return packed._attend(inward, counts, heads, gap, beside)


@contextmanager
def padded_encoder(work: Work) -> Iterator[None]:
    """Let transformers run the encoder over padded batches."""
    work.network.packed = False
    yield
    work.network.packed = True


@contextmanager
def patched(*patches: Any) -> Iterator[None]:
    """Apply patches."""
    with ExitStack() as stack:
        for each in patches:
            stack.enter_context(each)
        yield


PACKED, MASKS, ATTENTION, SUMS = CHANGES

TAKEN_BACK: dict[str, Callable[[Work], Any]] = {
    PACKED: padded_encoder,
    MASKS: lambda work: patched(  # noqa: ARG005
        patch.object(packed, "keep_mask", bernoulli_mask),
        patch.object(dropout, "keep_mask", bernoulli_mask),
    ),
    ATTENTION: lambda work: patched(  # noqa: ARG005
        patch.object(packed, "packed_attention", fused_attention)
    ),
    SUMS: lambda work: patched(  # noqa: ARG005
        patch.object(packed, "as_computed", lambda states: states)
    ),
}


def measure_changes(folder: Path, output: Path) -> None:
    """Alternate the step as it is with the step less one change, and write median times."""
    work = make_work(folder, "mil", 4)
    batch = max(work.batches, key=lambda each: int(each["lengths"].sum()))
    times: dict[str, list[float]] = {"as it is": [], **{name: [] for name in TAKEN_BACK}}
    for turn in range(ROUNDS + 1):
        for name, taken in times.items():
            with TAKEN_BACK[name](work) if name in TAKEN_BACK else patched():
                began = time.perf_counter()
                work.step(batch)
            if turn:
                taken.append(time.perf_counter() - began)
    seconds = {name: float(np.median(taken)) for name, taken in times.items()}
    now = seconds.pop("as it is")
    found = {
        "seconds": now,
        "without": {name: {"seconds": s, "ratio": s / now} for name, s in seconds.items()},
    }
    output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
