"""Whether a batch fits into memory, told before a run rather than by its death."""

from pathlib import Path
from typing import Any

import psutil
import torch
from torch import Tensor, nn

from clmil.errors import TrainingError

PARAMETER_COPIES = 4
"""Weights, gradients and AdamW's two moments."""

MARGIN = 1.25
"""What a step takes beyond the tensors that it keeps for its backward pass."""


def check_memory(
    model: nn.Module,
    batch: dict[str, Tensor],
    size: int,
    *,
    setting: str,
    bf16: bool,
    averaged: bool = False,
    shorter: str = "encoder.max_length",
) -> None:
    """Raise a `TrainingError` if a batch will not fit, with the size that would.

    Args:
        model: on the device that it trains on.
        batch: the longest documents, from which a small trial is run.
        size: documents in a batch.
        setting: name of the setting that holds `size`.
        bf16: whether the run uses mixed precision.
        averaged: whether it keeps an average of the weights.
        shorter: name of the setting that makes texts shorter.
    """
    device = next(model.parameters()).device
    shared, each = (MARGIN * kept for kept in _kept_of_a_batch(model, batch, bf16=bf16))
    held = sum(p.numel() * p.element_size() for p in model.parameters() if p.requires_grad)
    copies = PARAMETER_COPIES if device.type == "cuda" else PARAMETER_COPIES - 1
    fixed = held * (copies + averaged) + shared
    free = free_bytes(device)
    if fixed + each * size <= free:
        return
    fits = int((free - fixed) // each)
    advice = f"{setting}={fits} would fit" if fits >= 1 else "take a smaller encoder"
    raise TrainingError(
        f"{setting} is {size}, for which a step needs about {(fixed + each * size) / 1e9:.1f} GB "
        f"and {free / 1e9:.1f} GB are free; {advice}, as would a smaller {shorter}."
    )


def _kept_of_a_batch(
    model: nn.Module, batch: dict[str, Tensor], *, bf16: bool
) -> tuple[float, float]:
    """Return the bytes that a batch keeps whatever its size, and those of each document."""
    more = len(next(iter(batch.values()))) - 1
    first = {name: rows[:1].clone() for name, rows in batch.items()}
    one = kept_bytes(model, first, bf16=bf16)
    if not more:
        return 0.0, float(one)
    each = max((kept_bytes(model, batch, bf16=bf16) - one) / more, 1.0)
    return max(one - each, 0.0), each


def kept_bytes(model: nn.Module, batch: dict[str, Tensor], *, bf16: bool) -> int:
    """Return the bytes that a forward pass of training keeps for its backward pass.

    Chance is left alone, and whether the model is in training.
    """
    device = next(model.parameters()).device
    own = {p.data_ptr() for p in model.parameters()}
    kept: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        pointer = tensor.untyped_storage().data_ptr()
        if pointer not in own:
            kept[pointer] = tensor.untyped_storage().nbytes()
        return tensor

    here = {name: value.to(device) for name, value in batch.items()}
    devices = [device] if device.type == "cuda" else []
    alive: list[Any] = []  # else a freed address could be counted for another tensor
    was = model.training
    model.train()
    with (
        torch.random.fork_rng(devices=devices),
        torch.autocast(device.type, torch.bfloat16, enabled=bf16),
        torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor),
    ):
        alive.append(model(**here))
    model.train(was)
    return sum(kept.values())


def free_bytes(device: torch.device) -> int:
    """Return the memory that can still be had: the machine's, its container's or the GPU's."""
    if device.type == "cuda":
        torch.cuda.empty_cache()  # what an earlier stage has let go of can be had again
        return int(torch.cuda.mem_get_info(device)[0])
    free = int(psutil.virtual_memory().available)
    try:
        limit, used = (
            int(Path(f"/sys/fs/cgroup/memory.{name}").read_text().strip())
            for name in ("max", "current")
        )
    except (OSError, ValueError):  # no container, or one without a limit
        return free
    return min(free, limit - used)
