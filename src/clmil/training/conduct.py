"""Running one stage: with checkpoints, early stop and its best weights kept."""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from transformers import PrinterCallback, TrainingArguments

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
    if finished.exists():
        plan.model.load_state_dict(load_file(finished))
        return {}
    best = KeepBest(plan.patience, plan.metric, plan.greater, str(folder))
    told = TellProgress(listener, plan.name, plan.documents_per_step)
    trainer = StageTrainer(
        model=plan.model,
        args=_arguments(plan, recipe, folder),
        data=plan.data,
        part_names=plan.part_names,
        rates=recipe.training.rates,
        callbacks=[best, told],
        compute_metrics=plan.compute_metrics,
    )
    told.trainer = trainer
    trainer.remove_callback(PrinterCallback)
    checkpoint = last_checkpoint(folder)
    result = trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    best = next(c for c in trainer.callback_handler.callbacks if isinstance(c, KeepBest))
    plan.model.load_state_dict(load_file(folder / "best.safetensors"))
    save_weights(plan.model, finished)
    return {
        "steps": trainer.state.global_step,
        "epochs": trainer.state.epoch,
        "best_epoch": best.best_epoch,
        "best": {plan.metric: best.best},
        "seconds": round(result.metrics["train_runtime"], 1),
        "validations": [entry for entry in trainer.state.log_history if plan.metric in entry],
    }


def _arguments(plan: StagePlan, recipe: Recipe, folder: Path) -> TrainingArguments:
    wanted = recipe.training
    return TrainingArguments(
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
