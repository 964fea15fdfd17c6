"""Running one stage: with checkpoints, early stop and its best weights kept."""

import importlib.util
import os
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from transformers import PrinterCallback, TrainingArguments

from clmil.errors import MissingExtraError
from clmil.storage.atomic import read_json, write_json
from clmil.systems.recipe import Recipe
from clmil.training.callbacks import KeepBest, TellProgress, save_weights
from clmil.training.precision import resolve_precision
from clmil.training.progress import ProgressListener
from clmil.training.stages import StagePlan
from clmil.training.trainer import StageTrainer, last_checkpoint


def run_stage(
    plan: StagePlan, recipe: Recipe, folder: Path, listener: ProgressListener
) -> dict[str, Any]:
    """Run a stage, or go on with it, and leave its best weights in the plan's model.

    A finished stage is not run again: its weights are loaded. Returns facts of the stage.
    """
    folder.mkdir(parents=True, exist_ok=True)
    finished = folder / "finished.safetensors"
    if not finished.exists():
        checkpoint = last_checkpoint(folder)
        if checkpoint is None or not is_over(checkpoint, plan.patience):
            _train(plan, recipe, folder, checkpoint, listener)
        state = read_json(last_checkpoint(folder) / "trainer_state.json")  # type: ignore[operator]
        write_json(folder / "facts.json", _facts(plan, state))
        plan.model.load_state_dict(load_file(folder / "best.safetensors"))
        save_weights(plan.model, finished)
    plan.model.load_state_dict(load_file(finished))
    facts: dict[str, Any] = read_json(folder / "facts.json")
    return facts


def is_over(checkpoint: Path, patience: int) -> bool:
    """Tell whether a stage had come to its end, by steps or by early stop, at a checkpoint."""
    state = read_json(checkpoint / "trainer_state.json")
    worse: int = state["stateful_callbacks"]["KeepBest"]["attributes"]["worse"]
    return state["global_step"] >= state["max_steps"] or worse >= patience


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
) -> None:
    os.environ["TENSORBOARD_LOGGING_DIR"] = str(folder.parent / "logs" / plan.name)
    told = TellProgress(listener, plan.name, plan.documents_per_step)
    trainer = StageTrainer(
        model=plan.model,
        args=_arguments(plan, recipe, folder),
        data=plan.data,
        part_names=plan.part_names,
        rates=recipe.training.rates,
        callbacks=[KeepBest(plan.patience, plan.metric, plan.greater), told],
        compute_metrics=plan.compute_metrics,
    )
    told.trainer = trainer
    trainer.remove_callback(PrinterCallback)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    # accelerate leaves a mixed-precision wrapper around the model's forward
    trainer.accelerator.unwrap_model(plan.model, keep_fp32_wrapper=False)


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
