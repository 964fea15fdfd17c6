"""What happens beside the steps: keeping the best weights, stopping early, telling progress."""

import math
import time
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import nn
from transformers import TrainerCallback
from transformers.trainer_callback import ExportableState

from clmil.errors import TrainingError
from clmil.storage.atomic import explained
from clmil.training import ranks
from clmil.training.progress import ProgressListener


class KeepBest(TrainerCallback, ExportableState):
    """Save the weights of the best validation, and stop after `patience` worse ones in a row.

    Its state travels in the checkpoints, so that a resumed run stops where the undisturbed
    one would. The early-stop rule of the paper's appendix A.
    """

    def __init__(
        self,
        patience: int,
        metric: str = "eval_micro_f1",
        greater: bool = True,
    ) -> None:
        self.patience, self.metric, self.greater = patience, metric, greater
        self.best: float | None = None
        self.best_epoch, self.worse = 0.0, 0

    def on_evaluate(
        self,
        args: Any,
        state: Any,
        control: Any,
        metrics: dict[str, float],
        model: nn.Module,
        **kwargs: Any,  # noqa: ARG002
    ) -> None:
        """Compare a validation with the best so far."""
        score = metrics[self.metric]
        if not math.isfinite(metrics.get("eval_loss", score)):
            raise TrainingError(
                f"the validation loss is no longer finite at step {state.global_step}; the last "
                f"good weights are in {args.output_dir}, lower training.learning_rate and start "
                "again with --overwrite."
            )
        better = self.best is None or (score > self.best if self.greater else score < self.best)
        if better:
            self.best, self.best_epoch, self.worse = score, state.epoch or 0.0, 0
            if ranks.leads():
                save_weights(model, Path(args.output_dir) / "best.safetensors")
        else:
            self.worse += 1
            control.should_training_stop |= self.worse >= self.patience
        control.should_save = True

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint keeps."""
        return {
            "args": {
                "patience": self.patience,
                "metric": self.metric,
                "greater": self.greater,
            },
            "attributes": {
                "best": self.best,
                "best_epoch": self.best_epoch,
                "worse": self.worse,
            },
        }


class TakeTime(TrainerCallback, ExportableState):
    """Count the seconds of a stage over all its sittings.

    Attributes:
        seconds: of earlier sittings, up to the checkpoint that the run went on from.
        processor_seconds: the same of this process's threads.
    """

    def __init__(self) -> None:
        self.seconds, self.processor_seconds = 0.0, 0.0
        self._began = time.monotonic(), time.process_time()

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint keeps: the time up to now."""
        wall, work = self._began
        return {
            "args": {},
            "attributes": {
                "seconds": round(self.seconds + time.monotonic() - wall, 2),
                "processor_seconds": round(self.processor_seconds + time.process_time() - work, 2),
            },
        }


class TellProgress(TrainerCallback):
    """Pass steps and validations on to a `ProgressListener`.

    Attributes:
        rate: documents a second in training, validation left out.
    """

    def __init__(self, listener: ProgressListener, stage: str, documents_per_step: float) -> None:
        self.listener, self.name, self.documents_per_step = listener, stage, documents_per_step
        self.trainer: Any = None
        self.rate = 0.0
        self._started, self._first, self._paused = 0.0, 0, 0.0
        self._best: float | None = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Begin the display, where a resumed run left off."""
        self._started, self._first, self._paused = time.monotonic(), state.global_step, 0.0
        self.listener.stage(self.name, state.max_steps)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Tell the step, its losses and the rate of training without validation."""
        seconds = max(time.monotonic() - self._started - self._paused, 1e-9)
        self.rate = (state.global_step - self._first) * self.documents_per_step / seconds
        losses = self.trainer.mean_parts() if self.trainer else {}
        self.listener.step(state.global_step, state.max_steps, losses, self.rate)

    def on_evaluate(
        self,
        args: Any,  # noqa: ARG002
        state: Any,
        control: Any,  # noqa: ARG002
        metrics: dict[str, float],
        **kwargs: Any,  # noqa: ARG002
    ) -> None:
        """Tell the scores, and leave validation's time out of the rate."""
        self._paused += metrics.get("eval_runtime", 0.0)
        scores = {key.removeprefix("eval_"): value for key, value in metrics.items()}
        chosen = scores.get("micro_f1", -scores.get("loss", 0.0))
        best = self._best is None or chosen > self._best
        self._best = chosen if best else self._best
        self.listener.scores(self.name, state.epoch or 0.0, scores, best)


def save_weights(model: nn.Module, path: Path) -> None:
    """Write a module's tensors as safetensors, under a temporary name first."""
    temporary = path.with_name(f".{path.name}.writing")
    with explained(path):
        tensors = {name: value.contiguous() for name, value in model.state_dict().items()}
        save_file(tensors, temporary)
        temporary.replace(path)
