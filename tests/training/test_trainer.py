"""Parameter groups, checkpoints that count, early stopping."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from clmil.nn.precision import bf16_is_fast, resolve_precision
from clmil.systems.joint import RateSettings
from clmil.systems.recipe import load_recipe
from clmil.training.callbacks import KeepBest
from clmil.training.trainer import last_checkpoint, parameter_groups, part_of
from tests.tiny import tiny_network


def test_every_parameter_is_in_one_group_at_its_parts_rate() -> None:
    """T18: the bug of LACO's public code, whose heads were in no group."""
    model = tiny_network()
    rates = RateSettings(encoder=1, labels=2, fil=3, cil=4, clrl=5, classifiers=6)
    groups = parameter_groups(model, rates.model_dump(), 0.1, 0.01)
    placed = [id(parameter) for group in groups for parameter in group["params"]]
    assert sorted(placed) == sorted(id(parameter) for parameter in model.parameters())
    rate = {id(p): group["lr"] for group in groups for p in group["params"]}
    for name, parameter in model.named_parameters():
        assert rate[id(parameter)] == pytest.approx(0.1 * getattr(rates, part_of(name)))
    decay = {id(p): group["weight_decay"] for group in groups for p in group["params"]}
    assert decay[id(model.fil_head.linear.bias)] == 0
    assert decay[id(model.fil_head.linear.weight)] == 0.01


def test_parts_are_named_by_the_first_module() -> None:
    assert part_of("encoder.layer.0.weight") == part_of("network.encoder.layer.0.weight")
    assert part_of("cil_head.linear.bias") == part_of("plain_head.skip.weight") == "classifiers"
    assert part_of("label_table.weight") == "labels"


def test_only_whole_checkpoints_count(tmp_path: Path) -> None:
    for step in (3, 20, 100):
        (tmp_path / f"checkpoint-{step}").mkdir()
    assert last_checkpoint(tmp_path) is None
    for step in (3, 20):
        (tmp_path / f"checkpoint-{step}" / "complete").touch()
    assert last_checkpoint(tmp_path) == tmp_path / "checkpoint-20"


@pytest.mark.parametrize(
    ("greater", "scores", "best", "stops"),
    [
        (True, [0.5, 0.6, 0.6, 0.55], 0.6, 3),
        (True, [0.5, 0.4, 0.7, 0.6], 0.7, None),
        (False, [1.0, 1.2, 1.1], 1.0, 2),
    ],
)
def test_early_stop_keeps_the_best(
    tmp_path: Path, greater: bool, scores: list[float], best: float, stops: int | None
) -> None:
    keep = KeepBest(2, "eval_x", greater)
    args = SimpleNamespace(output_dir=str(tmp_path))
    model = nn.Linear(1, 1, bias=False)
    stopped = None
    for number, score in enumerate(scores):
        nn.init.constant_(model.weight, score)
        control = SimpleNamespace(should_training_stop=False, should_save=False)
        state = SimpleNamespace(epoch=float(number), global_step=number)
        keep.on_evaluate(args, state, control, {"eval_x": score}, model)
        assert control.should_save
        if control.should_training_stop:
            stopped = number
            break
    from safetensors.torch import load_file

    assert stopped == stops
    assert load_file(tmp_path / "best.safetensors")["weight"].item() == pytest.approx(best)


def test_early_stop_state_survives_a_checkpoint() -> None:
    keep = KeepBest(2, "eval_x", True)
    keep.best, keep.worse = 0.4, 1
    stored = keep.state()
    again = KeepBest(**stored["args"])
    for name, value in stored["attributes"].items():
        setattr(again, name, value)
    assert (again.best, again.worse, again.patience) == (0.4, 1, 2)


def test_precision_follows_the_hardware(monkeypatch: pytest.MonkeyPatch) -> None:
    from clmil.errors import RecipeError

    assert resolve_precision("auto") == ("bf16" if bf16_is_fast() else "fp32")
    assert resolve_precision("fp32") == "fp32"
    monkeypatch.setattr("clmil.nn.precision.bf16_is_fast", lambda: False)
    assert resolve_precision("auto") == "fp32"
    with pytest.raises(RecipeError, match="this processor lacks"):
        resolve_precision("bf16")


def test_paper_recipe_uses_one_rate_and_no_decay() -> None:
    recipe = load_recipe("paper", overrides=["encoder.name=x"])
    groups = parameter_groups(
        tiny_network(), recipe.training.rates.model_dump(), recipe.training.learning_rate, 0.0
    )
    assert {group["lr"] for group in groups} == {5e-5}
    assert recipe.training.weight_decay == 0
    assert torch.tensor(recipe.training.epsilon).item() == pytest.approx(1e-6)
