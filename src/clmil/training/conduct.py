"""Running a stage that learns by gradient: checkpoints, early stop, its best weights kept."""

import importlib
import math
import os
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from transformers import PrinterCallback, TrainingArguments

from clmil.nn.device import best_device
from clmil.nn.precision import resolve_precision
from clmil.storage.atomic import read_json, write_json
from clmil.systems.settings import GradientSettings
from clmil.systems.stages import GradientStage
from clmil.training import ranks
from clmil.training.averaging import WeightAverage
from clmil.training.callbacks import KeepBest, TakeTime, TellProgress, save_weights
from clmil.training.clock import KeepTime
from clmil.training.memory import check_memory
from clmil.training.progress import ProgressListener
from clmil.training.trackers import run_name
from clmil.training.trainer import StageTrainer, last_checkpoint


def run_stage(
    stage: GradientStage,
    folder: Path,
    listener: ProgressListener,
    clock: KeepTime | None = None,
) -> dict[str, Any]:
    """Run a stage, or go on with it, and leave its best weights in its model.

    A finished stage is not run again: its weights are loaded.

    Args:
        stage: what to do.
        folder: of the stage.
        listener: told what happens.
        clock: of a stage that has to end in time.

    Returns:
        Facts of the stage: steps, epochs, validations, seconds over all sittings, and
        documents a second of the last one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    finished = folder / "finished.safetensors"
    done, checkpoint = finished.exists(), last_checkpoint(folder)
    ranks.wait()  # until every process has seen the same
    speed: dict[str, float] = {}
    if not done and (checkpoint is None or not is_over(checkpoint, stage.patience)):
        speed = _train(stage, folder, checkpoint, listener, clock)
    if not done and ranks.leads():
        state = read_json(last_checkpoint(folder) / "trainer_state.json")  # type: ignore[operator]
        write_json(folder / "facts.json", _facts(stage, state) | speed)
        stage.model.load_state_dict(load_file(folder / "best.safetensors"))
        save_weights(stage.model, finished)
    ranks.wait()
    stage.model.load_state_dict(load_file(finished))
    facts: dict[str, Any] = read_json(folder / "facts.json")
    return facts


def is_over(checkpoint: Path, patience: int) -> bool:
    """Tell whether a stage had come to its end, by steps or by early stop, at a checkpoint."""
    state = read_json(checkpoint / "trainer_state.json")
    worse: int = state["stateful_callbacks"]["KeepBest"]["attributes"]["worse"]
    return state["global_step"] >= state["max_steps"] or worse >= patience


def _train(
    stage: GradientStage,
    folder: Path,
    checkpoint: Path | None,
    listener: ProgressListener,
    clock: KeepTime | None,
) -> dict[str, float]:
    """Train to the end and return its rate since it was begun or resumed."""
    timer = TakeTime()
    stage.begin()
    _check_memory(stage)
    os.environ["TENSORBOARD_LOGGING_DIR"] = str(folder.parent / "logs" / stage.name)
    told = TellProgress(listener, stage.name, stage.documents_per_step)
    clocks = [] if clock is None else [clock]
    wanted = stage.averaging
    trainer = StageTrainer(
        model=stage.model,
        args=_arguments(stage, folder, begun=checkpoint is not None),
        data=stage.data,
        part_names=stage.part_names,
        rates=stage.rates,
        callbacks=[*clocks, KeepBest(stage.patience, stage.metric, stage.greater), timer, told],
        compute_metrics=stage.compute_metrics,
        average=WeightAverage(wanted.decay, checkpoint) if wanted.enabled else None,
    )
    told.trainer = trainer
    trainer.remove_callback(PrinterCallback)
    try:
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    finally:
        _end_tracking(stage.training)
    # accelerate leaves a mixed-precision wrapper around the model's forward
    trainer.accelerator.unwrap_model(stage.model, keep_fp32_wrapper=False)
    vars(stage.model).pop("forward", None)  # bound to this very object, and copied with it
    return {"documents_per_second": round(told.rate, 2)}


def _check_memory(stage: GradientStage) -> None:
    if stage.probe is not None:
        stage.model.to(best_device())
        check_memory(
            stage.model,
            stage.probe,
            math.ceil(stage.training.batch_size / ranks.processes()),
            setting="training.batch_size",
            shorter=stage.shorter,
            bf16=resolve_precision(stage.training.precision) == "bf16",
            averaged=stage.averaging.enabled,
        )


def _end_tracking(training: GradientSettings) -> None:
    """Close the stage's W&B run, so that the next stage has its own; MLflow's closes itself."""
    if "wandb" in training.report_to and ranks.leads():
        importlib.import_module("wandb").finish()


def _facts(stage: GradientStage, state: dict[str, Any]) -> dict[str, Any]:
    kept = state["stateful_callbacks"]
    best = kept["KeepBest"]["attributes"]
    return {
        "steps": state["global_step"],
        "epochs": state["epoch"],
        "best_epoch": best["best_epoch"],
        "best": {stage.metric: best["best"]},
        "validations": [entry for entry in state["log_history"] if stage.metric in entry],
        **kept["TakeTime"]["attributes"],
    }


def _arguments(stage: GradientStage, folder: Path, *, begun: bool) -> TrainingArguments:
    wanted = stage.training
    arguments = TrainingArguments(
        output_dir=str(folder),
        run_name=run_name(folder, stage.name),
        seed=stage.seed,
        per_device_train_batch_size=wanted.batch_size,
        bf16=resolve_precision(wanted.precision) == "bf16",
        use_cpu=not torch.cuda.is_available(),
        optim="adamw_torch_fused",
        adam_epsilon=wanted.epsilon,
        max_grad_norm=wanted.clip,
        eval_strategy="steps",
        eval_on_start=stage.may_keep and not begun,
        save_strategy="steps",
        save_steps=wanted.checkpoint_steps,
        save_total_limit=2,
        logging_steps=10,
        logging_nan_inf_filter=False,
        disable_tqdm=True,
        report_to=list(wanted.report_to) or "none",
        remove_unused_columns=False,
        restore_callback_states_from_checkpoint=True,
        **stage.settings,
    )
    arguments._n_gpu = min(arguments.n_gpu, 1)  # several GPUs are for torchrun, not DataParallel
    return arguments
