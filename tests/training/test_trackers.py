"""Reporting to W&B and MLflow, with stand-ins for both packages."""

import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from unittest.mock import MagicMock

import pytest
from transformers.integrations import integration_utils

from clmil.errors import MissingExtraError
from clmil.systems.recipe import load_recipe
from clmil.training.run import train
from clmil.training.trackers import check_trackers, run_name
from tests.tiny import FAST, toy_corpus


@pytest.mark.parametrize("name", ["wandb", "mlflow"])
def test_a_missing_tracker_is_told_with_what_installs_it(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=f"pip install {name}"):
        check_trackers(load_recipe(overrides=[f"training.report_to=[{name}]"]))


def test_a_run_is_named_after_the_model_folder(tmp_path: Path) -> None:
    work = tmp_path / "my-model" / "training"
    assert run_name(work / "multi-task", "multi-task") == "my-model"
    assert run_name(work / "contrastive", "contrastive") == "my-model-contrastive"


def test_both_trackers_get_each_stage(
    encoder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wandb, mlflow = MagicMock(), MagicMock()
    wandb.run, mlflow.__version__ = None, "3.0.0"
    wandb.init.side_effect = lambda **_: setattr(wandb, "run", MagicMock())
    wandb.finish.side_effect = lambda: setattr(wandb, "run", None)
    active: list[MagicMock] = []
    mlflow.active_run.side_effect = lambda: active[-1] if active else None
    mlflow.start_run.side_effect = lambda **_: active.append(MagicMock())
    mlflow.end_run.side_effect = active.clear
    mlflow.utils.validation.MAX_PARAM_VAL_LENGTH = 6000
    mlflow.utils.validation.MAX_PARAMS_TAGS_PER_BATCH = 100
    for name in ("wandb.sdk", "wandb.sdk.lib", "wandb.sdk.lib.config_util"):
        monkeypatch.setitem(sys.modules, name, MagicMock(ConfigError=RuntimeError))
    for name, fake in (("wandb", wandb), ("mlflow", mlflow)):
        fake.__spec__ = ModuleSpec(name, None)
        monkeypatch.setitem(sys.modules, name, fake)
        monkeypatch.setattr(integration_utils, f"is_{name}_available", lambda: True)
    overrides = [*FAST, f"encoder.name={encoder}", "training.epochs=1"]
    recipe = load_recipe(overrides=[*overrides, "training.report_to=[wandb, mlflow]"])
    train(toy_corpus(96), recipe, tmp_path / "my-model")

    names = ["my-model-contrastive", "my-model"]
    assert [call.kwargs["name"] for call in wandb.init.call_args_list] == names
    assert [call.kwargs["run_name"] for call in mlflow.start_run.call_args_list] == names
    assert wandb.finish.call_count == 2
    logged = {key for call in wandb.log.call_args_list for key in call.args[0]}
    assert {"eval/micro_f1", "train/loss_cil"} <= logged
    told = {key for call in mlflow.log_metrics.call_args_list for key in call.kwargs["metrics"]}
    assert any("micro_f1" in key for key in told)
