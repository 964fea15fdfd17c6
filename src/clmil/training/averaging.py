"""A moving average of the weights, which is validated and kept in their place."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn
from transformers import TrainerCallback

FILE = "average.safetensors"
"""The average in a checkpoint; which step it is of, the checkpoint knows."""


class WeightAverage(TrainerCallback):
    """Average what is trained, exponentially, after every step.

    After step t = 1, 2, ... an average `a` of weights `w` becomes `d a + (1 - d) w`, where `d` is
    the smaller of `decay` and (1 + t) / (10 + t), so that the first weights are soon forgotten;
    it begins as the weights before the first step. Averaging along training: Polyak and Juditsky
    (1992); for deep networks, of later steps alone: Izmailov et al. (2018).

    Frozen weights and buffers are not averaged: those of the network are current.

    Args:
        decay: share of the average that a step leaves, in [0, 1); 0 keeps the weights themselves.
        checkpoint: to go on from, written by `save`; None begins afresh.

    Attributes:
        averages: tensors by name, each of its weight's shape, dtype and device.
    """

    def __init__(self, decay: float, checkpoint: Path | None = None) -> None:
        self.decay, self.checkpoint = decay, checkpoint
        self.averages: dict[str, Tensor] = {}
        self._weights: list[nn.Parameter] = []

    def on_train_begin(
        self,
        args: Any,  # noqa: ARG002
        state: Any,  # noqa: ARG002
        control: Any,  # noqa: ARG002
        model: nn.Module,
        **kwargs: Any,  # noqa: ARG002
    ) -> None:
        """Begin with the weights, or with the average in the checkpoint."""
        trained = {name: one for name, one in model.named_parameters() if one.requires_grad}
        self._weights = list(trained.values())
        self.averages = {name: one.detach().clone() for name, one in trained.items()}
        if self.checkpoint is not None:
            stored = load_file(self.checkpoint / FILE)
            for name, average in self.averages.items():
                average.copy_(stored[name])

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Take in the weights after a step."""
        step: int = state.global_step
        decay = min(self.decay, (1 + step) / (10 + step))
        update = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
        update(tuple(self.averages.values()), tuple(self._weights), step)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Let the network hold the average; its own weights are back afterwards, come what may."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def save(self, folder: Path) -> None:
        """Write the average into a checkpoint, which counts only when it is whole."""
        save_file({name: one.contiguous() for name, one in self.averages.items()}, folder / FILE)

    @torch.no_grad()
    def _swap(self) -> None:
        """Exchange average and weights, one tensor at a time to spare memory."""
        for weight, average in zip(self._weights, self.averages.values(), strict=True):
            held = weight.clone()
            weight.copy_(average)
            average.copy_(held)
