"""transformers' Trainer with batches, learning rates, losses and checkpoints as we need them."""

import math
import shutil
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate.data_loader import prepare_data_loader
from safetensors import SafetensorError
from torch import Tensor, nn
from torch.utils.data import DataLoader
from transformers import Trainer, TrainingArguments
from transformers.trainer_utils import EvalLoopOutput

from clmil.data.batching import pass_through
from clmil.errors import TrainingError
from clmil.storage.atomic import first_line
from clmil.systems.stages import StageData
from clmil.training import ranks
from clmil.training.averaging import WeightAverage
from clmil.training.together import evaluate_together

COMPLETE = "complete"
"""A checkpoint counts only once a file of this name has arrived in it."""

FULL = 2**26
"""A disk with fewer free bytes, after a failed write, is called full."""


class StageTrainer(Trainer):
    """One stage of a run.

    Args:
        model: takes a batch's tensors and returns `loss` and `parts`.
        args: transformers' settings.
        data: of the stage.
        part_names: names of the entries of `parts`, for the logs.
        rates: learning rates by part, as multiples.
        callbacks: transformers callbacks.
        compute_metrics: scores from an `EvalPrediction`, or None to score by loss.
        average: of the weights, to be validated and kept in their place, if any.
    """

    def __init__(
        self,
        *,
        model: nn.Module,
        args: TrainingArguments,
        data: StageData,
        part_names: tuple[str, ...],
        rates: Mapping[str, float],
        callbacks: list[Any],
        compute_metrics: Callable[[Any], dict[str, float]] | None,
        average: WeightAverage | None = None,
    ) -> None:
        super().__init__(
            model=model,
            args=args,
            train_dataset=data.train,
            eval_dataset=data.validation,
            data_collator=pass_through,
            callbacks=callbacks if average is None else [*callbacks, average],
            compute_metrics=compute_metrics,
        )
        self.data, self.part_names, self.rates = data, part_names, rates
        self.average = average
        self.part_sums, self.part_steps = np.zeros(len(part_names)), 0
        self.recent_parts: dict[str, float] = {}
        self.model_accepts_loss_kwargs = False

    def get_train_dataloader(self) -> Any:
        """Return the loader over the stage's own batches."""
        return self._loader(self.data.train, self.data.train_batches)

    def get_eval_dataloader(self, eval_dataset: Any = None) -> Any:
        """Return the loader over the validation part, longest texts first."""
        own = list(self.data.validation_batches)[ranks.rank() :: ranks.processes()]
        return self._loader(eval_dataset or self.data.validation, own)

    def _loader(self, documents: Any, batches: Any) -> Any:
        """Return a loader that accelerate does not divide: the batches are this process's own."""
        loader: Any = DataLoader(documents, batch_sampler=batches, collate_fn=pass_through)
        return prepare_data_loader(
            loader, self.accelerator.device, num_processes=1, process_index=0, put_on_device=True
        )

    def evaluate(self, *given: Any, **settings: Any) -> dict[str, float]:
        """Evaluate the average where there is one; callbacks see, and so keep, the same weights."""
        with nullcontext() if self.average is None else self.average.in_place():
            scores: dict[str, float] = super().evaluate(*given, **settings)
        return scores

    def evaluation_loop(self, dataloader: Any, *given: Any, **settings: Any) -> EvalLoopOutput:  # noqa: ARG002
        """Evaluate; of several processes, each has whole batches, and no document comes twice."""
        return evaluate_together(self, dataloader, prefix=settings["metric_key_prefix"])

    def create_optimizer(self, model: nn.Module | None = None) -> torch.optim.Optimizer:  # noqa: ARG002
        """Build AdamW with one learning rate a part; biases and norms do not decay."""
        optimizer: torch.optim.Optimizer | None = getattr(self, "optimizer", None)
        if optimizer is None:
            kind, settings = self.get_optimizer_cls_and_kwargs(self.args, self.model)
            groups = parameter_groups(
                self.model, self.rates, self.args.learning_rate, self.args.weight_decay
            )
            optimizer = kind(groups, **settings)
            self.optimizer = optimizer
        return optimizer

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, Tensor],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,  # noqa: ARG002
    ) -> Any:
        """Return the loss, remember its parts, and stop at once if it is not finite."""
        outputs = model(**inputs)
        loss = outputs["loss"]
        if model.training:
            told = ranks.summed(torch.cat([loss.detach()[None], outputs["parts"]]).float())
            whole, parts = float(told[0]), told[1:].cpu().numpy()
            loss = loss * ranks.processes()  # shares add up, but gradients are averaged
            if not math.isfinite(whole):
                raise TrainingError(
                    f"the loss is no longer finite at step {self.state.global_step + 1} (parts: "
                    f"{self._named(parts.tolist())}); the last good weights are in "
                    f"{self.args.output_dir}, lower training.learning_rate or the rate of the "
                    "part that grew and start again with --overwrite."
                )
            self.part_sums += parts
            self.part_steps += 1
        return (loss, outputs) if return_outputs else loss

    def _clip_grad_norm(self, model: nn.Module) -> Any:
        """Clip, and stop before weights that are not finite could come of it."""
        norm = super()._clip_grad_norm(model)
        if norm is not None and not math.isfinite(float(norm)):
            raise TrainingError(
                f"the gradient is no longer finite at step {self.state.global_step + 1}; the last "
                f"good weights are in {self.args.output_dir}, lower training.learning_rate and "
                "start again with --overwrite."
            )
        return norm

    def mean_parts(self) -> dict[str, float]:
        """Return the mean losses by part since the last call of `log`, or before it."""
        if self.part_steps:
            self.recent_parts = self._named((self.part_sums / self.part_steps).tolist())
        return self.recent_parts

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Add the losses by part to what the trackers get."""
        if "loss" in logs:
            logs |= {f"loss_{name}": value for name, value in self.mean_parts().items()}
            self.part_sums[:], self.part_steps = 0.0, 0
        super().log(logs, start_time)

    def prediction_step(
        self,
        model: nn.Module,
        inputs: dict[str, Any],
        prediction_loss_only: bool,
        ignore_keys: list[str] | None = None,  # noqa: ARG002
    ) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        """Return loss, probabilities (or label sets, as 0 and 1) and targets of a batch."""
        inputs = self._prepare_inputs(inputs)
        with torch.no_grad(), self.compute_loss_context_manager():
            outputs = model(**inputs)
        loss = outputs["loss"].detach().float()
        if prediction_loss_only or "targets" not in inputs:
            return loss, None, None
        sets = getattr(outputs, "sets", None)
        predicted = outputs["probabilities"] if sets is None else sets
        return loss, predicted.float(), inputs["targets"]

    def _save_checkpoint(self, model: nn.Module, trial: Any) -> None:
        """Save a checkpoint that counts only when it is whole."""
        folder = Path(self.args.output_dir) / f"checkpoint-{self.state.global_step}"
        if ranks.leads():
            shutil.rmtree(folder, ignore_errors=True)
        ranks.wait()
        try:
            super()._save_checkpoint(model, trial)
            if self.average is not None and ranks.leads():
                self.average.save(folder)
            ranks.wait()
            (folder / COMPLETE).touch()
        except (OSError, RuntimeError, SafetensorError) as error:
            full = shutil.disk_usage(folder.parent).free < FULL
            shutil.rmtree(folder, ignore_errors=True)
            reason = "the disk is full" if full else first_line(error)
            raise TrainingError(
                f"the checkpoint at step {self.state.global_step} cannot be written to "
                f"{folder.parent} ({reason}); the last good one is kept, free "
                "space and go on with --resume."
            ) from error

    def _named(self, values: list[float]) -> dict[str, float]:
        return {name: round(value, 5) for name, value in zip(self.part_names, values, strict=True)}


def last_checkpoint(folder: Path) -> Path | None:
    """Return the newest whole checkpoint of a stage, if there is one."""
    whole = [file.parent for file in folder.glob(f"checkpoint-*/{COMPLETE}")]
    return max(whole, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def parameter_groups(
    model: nn.Module, rates: Mapping[str, float], learning_rate: float, weight_decay: float
) -> list[dict[str, Any]]:
    """Return optimiser groups: every trainable parameter once, by part and by decay."""
    groups: dict[tuple[str, bool], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        decays = parameter.ndim > 1
        groups.setdefault((part_of(name), decays), []).append(parameter)
    return [
        {
            "params": parameters,
            "lr": learning_rate * rates.get(part, 1.0),
            "weight_decay": weight_decay if decays else 0.0,
        }
        for (part, decays), parameters in groups.items()
    ]


def part_of(name: str) -> str:
    """Return the part of a network to which a parameter belongs, by its name."""
    path = name.removeprefix("network.").split(".")[0]
    if path.endswith("_head"):
        return "classifiers"
    return {"label_table": "labels"}.get(path, path)
