"""Running one stage: with checkpoints, early stop and its best weights kept."""

import importlib
import importlib.util
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from transformers import PrinterCallback, TrainingArguments

from clmil.errors import MissingExtraError
from clmil.nn.precision import resolve_precision
from clmil.storage.atomic import read_json, write_json
from clmil.systems.recipe import Recipe
from clmil.training import ranks
from clmil.training.callbacks import KeepBest, TellProgress, save_weights
from clmil.training.deadline import Deadline, KeepTime
from clmil.training.memory import check_memory
from clmil.training.progress import ProgressListener
from clmil.training.stages import StagePlan
from clmil.training.trainer import StageTrainer, last_checkpoint

EARLIER_SHARE = 0.25
"""Of the time that is left, for a stage that is not the last."""


def run_stage(
    plan: StagePlan,
    recipe: Recipe,
    folder: Path,
    listener: ProgressListener,
    clock: Sequence[KeepTime] = (),
) -> dict[str, Any]:
    """Run a stage, or go on with it, and leave its best weights in the plan's model.

    A finished stage is not run again: its weights are loaded. `clock` holds the callback of a
    stage that has to end in time. Returns facts of the stage.
    """
    folder.mkdir(parents=True, exist_ok=True)
    finished = folder / "finished.safetensors"
    done, checkpoint = finished.exists(), last_checkpoint(folder)
    ranks.wait()  # until every process has seen the same
    if not done and (checkpoint is None or not is_over(checkpoint, plan.patience)):
        _train(plan, recipe, folder, checkpoint, listener, clock=clock)
    if not done and ranks.leads():
        state = read_json(last_checkpoint(folder) / "trainer_state.json")  # type: ignore[operator]
        write_json(folder / "facts.json", _facts(plan, state))
        plan.model.load_state_dict(load_file(folder / "best.safetensors"))
        save_weights(plan.model, finished)
    ranks.wait()
    plan.model.load_state_dict(load_file(finished))
    facts: dict[str, Any] = read_json(folder / "facts.json")
    return facts


def is_over(checkpoint: Path, patience: int) -> bool:
    """Tell whether a stage had come to its end, by steps or by early stop, at a checkpoint."""
    state = read_json(checkpoint / "trainer_state.json")
    worse: int = state["stateful_callbacks"]["KeepBest"]["attributes"]["worse"]
    return state["global_step"] >= state["max_steps"] or worse >= patience


def keep_time(plans: Sequence[StagePlan], deadline: Deadline | None) -> list[list[KeepTime]]:
    """Return the clock of each stage: what comes before the last one gets a quarter of the time."""
    if deadline is None:
        return [[] for _ in plans]
    shares = [EARLIER_SHARE] * (len(plans) - 1) + [1.0]
    return [
        [KeepTime(deadline, plan.name, share=share, validation_batches=_validations(plan))]
        for plan, share in zip(plans, shares, strict=True)
    ]


def _validations(plan: StagePlan) -> int:
    return sum(1 for _ in plan.data.validation_batches)


def check_trackers(recipe: Recipe) -> None:
    """Raise a `MissingExtraError` if a tracker that the recipe reports to is not installed."""
    for name in recipe.training.report_to:
        if importlib.util.find_spec(name) is None:
            raise MissingExtraError(
                f"training.report_to names {name}, which is not installed; run "
                f"`pip install {name}`, or add --set training.report_to=[]."
            )


def _train(
    plan: StagePlan,
    recipe: Recipe,
    folder: Path,
    checkpoint: Path | None,
    listener: ProgressListener,
    *,
    clock: Sequence[KeepTime],
) -> None:
    _check_memory(plan, recipe)
    os.environ["TENSORBOARD_LOGGING_DIR"] = str(folder.parent / "logs" / plan.name)
    told = TellProgress(listener, plan.name, plan.documents_per_step)
    trainer = StageTrainer(
        model=plan.model,
        args=_arguments(plan, recipe, folder),
        data=plan.data,
        part_names=plan.part_names,
        rates=recipe.training.rates,
        callbacks=[*clock, KeepBest(plan.patience, plan.metric, plan.greater), told],
        compute_metrics=plan.compute_metrics,
    )
    told.trainer = trainer
    trainer.remove_callback(PrinterCallback)
    try:
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    finally:
        _end_tracking(recipe)
    # accelerate leaves a mixed-precision wrapper around the model's forward
    trainer.accelerator.unwrap_model(plan.model, keep_fp32_wrapper=False)


def _check_memory(plan: StagePlan, recipe: Recipe) -> None:
    if plan.probe is not None:
        plan.model.to("cuda" if torch.cuda.is_available() else "cpu")
        check_memory(
            plan.model,
            plan.probe,
            math.ceil(recipe.training.batch_size / ranks.processes()),
            setting="training.batch_size",
            bf16=resolve_precision(recipe.training.precision) == "bf16",
        )


def _end_tracking(recipe: Recipe) -> None:
    """Close the stage's W&B run, so that the next stage has its own; MLflow's closes itself."""
    if "wandb" in recipe.training.report_to and ranks.leads():
        importlib.import_module("wandb").finish()


def run_name(folder: Path, stage: str) -> str:
    """Return the name that trackers give a stage's run: that of the model folder, and the stage."""
    output = folder.resolve().parent.parent.name
    return output if stage == "multi-task" else f"{output}-{stage}"


def _facts(plan: StagePlan, state: dict[str, Any]) -> dict[str, Any]:
    best = state["stateful_callbacks"]["KeepBest"]["attributes"]
    return {
        "steps": state["global_step"],
        "epochs": state["epoch"],
        "best_epoch": best["best_epoch"],
        "best": {plan.metric: best["best"]},
        "validations": [entry for entry in state["log_history"] if plan.metric in entry],
    }


def _arguments(plan: StagePlan, recipe: Recipe, folder: Path) -> TrainingArguments:
    wanted = recipe.training
    arguments = TrainingArguments(
        output_dir=str(folder),
        run_name=run_name(folder, plan.name),
        seed=recipe.seed,
        per_device_train_batch_size=wanted.batch_size,
        bf16=resolve_precision(wanted.precision) == "bf16",
        use_cpu=not torch.cuda.is_available(),
        optim="adamw_torch_fused",
        adam_epsilon=wanted.epsilon,
        max_grad_norm=wanted.clip,
        eval_strategy="steps",
        save_strategy="steps",
        save_steps=wanted.checkpoint_steps,
        save_total_limit=2,
        logging_steps=10,
        logging_nan_inf_filter=False,
        disable_tqdm=True,
        report_to=list(wanted.report_to) or "none",
        remove_unused_columns=False,
        restore_callback_states_from_checkpoint=True,
        **plan.settings,
    )
    arguments._n_gpu = min(arguments.n_gpu, 1)  # several GPUs are for torchrun, not DataParallel
    return arguments
