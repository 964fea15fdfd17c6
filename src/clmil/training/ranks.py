"""Several processes that train together: who leads, who waits, and how an error stops all.

The processes are those of `torchrun` or `accelerate launch`; alone, everything here does nothing.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from clmil import errors
from clmil.errors import ClmilError, TrainingError

if TYPE_CHECKING:
    from torch import Tensor

LONGEST_WAIT = timedelta(hours=12)
"""How long the others wait while the first tokenises a large corpus."""

FAILED = "clmil/failed"
"""Key, in the store that the processes share, that counts those that failed."""


def processes() -> int:
    """Return how many processes train together; 1 unless a launcher started several."""
    return int(os.environ.get("WORLD_SIZE", "1")) if "LOCAL_RANK" in os.environ else 1


def rank() -> int:
    """Return the number of this process, from 0."""
    return int(os.environ.get("RANK", "0")) if processes() > 1 else 0


def leads() -> bool:
    """Tell whether this process is the one that writes files and shows progress."""
    return rank() == 0


def join() -> None:
    """Meet the other processes, once; by gloo on CPUs and NCCL on GPUs."""
    if processes() == 1:
        return
    import torch
    from accelerate import PartialState

    if not torch.distributed.is_initialized():
        PartialState._reset_state()
        PartialState(cpu=not torch.cuda.is_available(), timeout=LONGEST_WAIT)


def wait() -> None:
    """Wait until every process has come here."""
    gathered(None)


def gathered(value: Any) -> list[Any]:
    """Return what every process gave, by rank."""
    if processes() == 1:
        return [value]
    import torch

    join()
    values: list[Any] = [None] * processes()
    torch.distributed.all_gather_object(values, value)
    return values


def summed(values: "Tensor") -> "Tensor":
    """Return the sum of a tensor over the processes; the same bits on all of them."""
    if processes() > 1:
        import torch

        torch.distributed.all_reduce(values)
    return values


def from_leader(work: Callable[[], Any]) -> Any:
    """Let the first process do something, and give its result, or its error, to all.

    Args:
        work: returns values that JSON can hold.

    Raises:
        ClmilError: the one that `work` raised, on every process.
    """
    if processes() == 1:
        return work()
    if not leads():
        kind, value = json.loads(_broadcast(None))
        if kind:
            raise getattr(errors, kind)(value)
        return value
    try:
        value = work()
    except ClmilError as error:
        _broadcast(json.dumps([type(error).__name__, str(error)]))
        raise
    _broadcast(json.dumps([None, value]))
    return value


def _broadcast(text: str | None) -> str:
    import torch

    join()
    values = [text]
    torch.distributed.broadcast_object_list(values, src=0)
    return str(values[0])


@contextmanager
def standing_together() -> Iterator[None]:
    """Turn what the loss of one process does to the others into a sentence.

    Raises:
        TrainingError: if the exchange with another process broke off.
    """
    try:
        yield
    except RuntimeError as error:
        if processes() == 1 or "onnection" not in str(error):
            raise
        raise TrainingError(
            "another process of this run stopped; see what it said, mend that, and run the same "
            "command with --resume."
        ) from error


def first_to_fail() -> bool:
    """Tell whether this process is the first that failed, and so the one that says why."""
    if processes() == 1:
        return True
    import torch

    try:
        join()
        store = torch.distributed.distributed_c10d._get_default_store()
        return int(store.add(FAILED, 1)) == 1
    except RuntimeError:  # the store has gone with a process that failed before
        return False
