"""Keeping a stage within its time: as many steps as fit, and an end with a validation."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from transformers import TrainerCallback

from clmil.systems.stages import GradientStage, Stage
from clmil.training.deadline import Deadline

SETTLING, MEASURED = 2, 6
"""Steps that are not timed, since the first ones are slow, and steps that are."""

PASSES = 3.0
"""Validation passes for which time is kept: the last one of the stage, in fp32, counts double."""

EARLIER_SHARE = 0.25
"""Of the time that is left, for a stage that is not the last."""


class KeepTime(TrainerCallback):
    """Measure the speed, plan as many steps as fit, and stop with a validation when time is up.

    The rate schedule is squeezed into the steps that are left, so that it comes to its end.

    Args:
        deadline: of the run; told what was cut.
        stage: its name.
        share: of the time that is left, for this stage.
        validation_batches: of one validation.
    """

    def __init__(
        self, deadline: Deadline, stage: str, *, share: float, validation_batches: int
    ) -> None:
        self.deadline, self.stage, self.share = deadline, stage, share
        self.validation_batches = validation_batches
        self.until, self._first, self._timed = 0.0, 0, 0.0

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Start the clock."""
        self.until = time.monotonic() + self.share * self.deadline.left()
        self._first = state.global_step

    def on_step_end(
        self,
        args: Any,  # noqa: ARG002
        state: Any,
        control: Any,
        lr_scheduler: Any = None,
        **kwargs: Any,  # noqa: ARG002
    ) -> None:
        """Time the first steps, plan the others, and end the stage in time."""
        now, done = time.monotonic(), state.global_step - self._first
        if done == SETTLING:
            self._timed = now
        elif done == SETTLING + MEASURED:
            self._plan(state, lr_scheduler, (now - self._timed) / MEASURED)
        over = now >= self.until
        if over and state.global_step < state.max_steps:
            self.deadline.stopped.append(self.stage)
        if over or state.global_step >= state.max_steps:
            control.should_evaluate = control.should_training_stop = True

    def _plan(self, state: Any, lr_scheduler: Any, seconds_a_step: float) -> None:
        left = max(self.until - time.monotonic(), 0.0)
        kept = min(PASSES * self.validation_batches * seconds_a_step, left / 2)
        self.until -= kept
        possible = state.global_step + max(int((left - kept) / seconds_a_step), 1)
        if possible < state.max_steps:
            squeeze(lr_scheduler, at=state.global_step, total=state.max_steps, end=possible)
            state.max_steps = possible
            self.deadline.shortened.append(self.stage)


def squeeze(lr_scheduler: Any, *, at: int, total: int, end: int) -> None:
    """Let what a `LambdaLR` schedule would do from step `at` to `total` happen by step `end`."""
    inner = getattr(lr_scheduler, "scheduler", lr_scheduler)  # accelerate wraps it
    pace = (total - at) / max(end - at, 1)

    def faster(factor: Callable[[float], float]) -> Callable[[float], float]:
        return lambda step: factor(step if step <= at else at + (step - at) * pace)

    inner.lr_lambdas = [faster(factor) for factor in inner.lr_lambdas]


def clock_of(stage: GradientStage, stages: Sequence[Stage], deadline: Deadline) -> KeepTime:
    """Return the clock of one of a run's stages; those before the last have a quarter each."""
    last = [one for one in stages if isinstance(one, GradientStage)][-1]
    return KeepTime(
        deadline,
        stage.name,
        share=1.0 if stage is last else EARLIER_SHARE,
        validation_batches=sum(1 for _ in stage.data.validation_batches),
    )
