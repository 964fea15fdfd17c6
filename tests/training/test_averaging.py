"""The average of the weights is validated and kept; training goes on with the weights."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file
from torch import Tensor, nn

from clmil.data.batching import LengthBatches
from clmil.errors import RecipeError
from clmil.storage.atomic import read_json
from clmil.systems.recipe import Recipe, load_recipe
from clmil.systems.settings import AveragingSettings, GradientSettings
from clmil.systems.stages import GradientStage, StageData
from clmil.systems.start import changes_learning
from clmil.training import conduct
from clmil.training.averaging import FILE, WeightAverage
from clmil.training.conduct import run_stage
from clmil.training.progress import Silent
from clmil.training.run import train
from tests.systems.every import tiny_recipe
from tests.tiny import FAST, toy_corpus


def naive(weights: np.ndarray, decay: float) -> np.ndarray:
    """Return the averages of (T + 1, ...) weights, of which the first are those before step 1."""
    averages = [weights[0]]
    for step in range(1, len(weights)):
        share = min(decay, (1 + step) / (10 + step))
        averages.append(share * averages[-1] + (1 - share) * weights[step])
    return np.array(averages)


class Counting(nn.Module):
    """A weight that follows its data, a frozen one, and a count of batches.

    Its validation loss is the weight itself.
    """

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([1.0]))
        self.frozen = nn.Parameter(torch.tensor([2.0]), requires_grad=False)
        self.register_buffer("batches", torch.tensor(0))

    def forward(self, values: Tensor, lengths: Tensor) -> dict[str, Tensor]:
        if self.training:
            self.batches += 1
            loss = (self.weight - values.mean()).square().sum()
        else:
            loss = self.weight.sum()
        return {"loss": loss, "parts": loss.detach()[None]}


class Numbers(torch.utils.data.Dataset[dict[str, Tensor]]):
    """Sixteen numbers from -8 to 7."""

    def __len__(self) -> int:
        return 16

    def __getitems__(self, rows: list[int]) -> dict[str, Tensor]:
        values = torch.tensor(rows, dtype=torch.float32) - 8
        return {"values": values, "lengths": torch.ones(len(rows), dtype=torch.int64)}


class Watching(Silent):
    """Keeps the weight after each step, and stops as Ctrl-C would at a step or a validation."""

    def __init__(self, stop: tuple[str, int] = ("", 0)) -> None:
        self.weights = [1.0]
        self.model: Any = None
        self._stop, self._validations = stop, 0

    def step(self, *args: Any) -> None:
        self.weights.append(self.model.weight.item())
        self._count("step", len(self.weights) - 1)

    def scores(self, *args: Any) -> None:
        self._validations += 1
        self._count("validation", self._validations)

    def _count(self, kind: str, number: int) -> None:
        if (kind, number) == self._stop:
            raise KeyboardInterrupt


def toy_stage(**averaging: Any) -> GradientStage:
    """Return a stage of 12 steps, validations after every 3rd, checkpoints after every 2nd too."""
    numbers = Numbers()
    return GradientStage(
        name="toy",
        model=Counting(),
        data=StageData(
            train=numbers,
            train_batches=LengthBatches(np.ones(16), 4, seed=1),
            validation=numbers,
            validation_batches=[list(range(16))],
        ),
        part_names=("loss",),
        documents_per_step=4,
        training=GradientSettings(batch_size=4, report_to=(), checkpoint_steps=2, precision="fp32"),
        averaging=AveragingSettings(**averaging),
        seed=1,
        settings={
            "learning_rate": 0.3,
            "lr_scheduler_type": "constant",
            "num_train_epochs": 3,
            "eval_steps": 3,
        },
        metric="eval_loss",
        greater=False,
        patience=9,
    )


def run(folder: Path, seen: Watching, **averaging: Any) -> tuple[list[float], Counting]:
    """Run the toy stage; return its validations' losses and what it leaves."""
    stage = toy_stage(**averaging)
    seen.model = stage.model
    facts = run_stage(stage, folder, seen)
    return [told["eval_loss"] for told in facts["validations"]], seen.model


@given(
    weights=st.lists(st.floats(-5, 5, width=32), min_size=2, max_size=30),
    decay=st.floats(0, 1, exclude_max=True),
)
def test_the_average_is_the_recursion(weights: list[float], decay: float) -> None:
    model: Any = Counting()
    state: Any = type("State", (), {"global_step": 0})()
    average = WeightAverage(decay)
    model.weight.data[:] = weights[0]
    average.on_train_begin(None, state, None, model)
    for state.global_step, weight in enumerate(weights[1:], 1):
        model.weight.data[:] = weight
        average.on_step_end(None, state, None)
    expected = naive(np.array(weights), decay)[-1]
    assert average.averages["weight"].item() == pytest.approx(expected, abs=1e-5)
    assert list(average.averages) == ["weight"]  # nothing frozen, and no buffer


def test_weights_come_back_bit_for_bit_whatever_happens() -> None:
    model: Any = Counting()
    average = WeightAverage(0.5)
    average.on_train_begin(None, None, None, model)
    model.weight.data[:], model.batches[...] = 0.1, 7

    def interrupted() -> None:
        held = model.weight.item(), model.frozen.item(), model.batches.item()
        assert held == (1.0, 2.0, 7)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), average.in_place():
        interrupted()
    assert torch.equal(model.weight, torch.tensor([0.1]))
    assert average.averages["weight"].item() == 1.0


@pytest.mark.parametrize("decay", [0.5, 0.99])
def test_validations_and_the_kept_weights_are_the_averages(tmp_path: Path, decay: float) -> None:
    plain, seen = Watching(), Watching()
    raw, _ = run(tmp_path / "plain", plain)
    losses, model = run(tmp_path / "averaged", seen, enabled=True, decay=decay)
    assert seen.weights == plain.weights  # training knows nothing of the average
    assert raw == plain.weights[3::3]
    averages = naive(np.array(seen.weights), decay)[3::3]
    assert losses == pytest.approx(averages, abs=1e-5)
    assert abs(np.array(raw) - averages).min() > 0.01
    best = load_file(tmp_path / "averaged" / "best.safetensors")
    assert best["weight"].item() == min(losses) == model.weight.item()
    assert best["batches"].item() == 3 * (1 + losses.index(min(losses)))


def test_a_decay_of_nothing_changes_no_bit(tmp_path: Path) -> None:
    plain, _ = run(tmp_path / "plain", Watching())
    averaged, _ = run(tmp_path / "averaged", Watching(), enabled=True, decay=0)
    assert plain == averaged


@pytest.mark.parametrize(
    "stop", [("step", 1), ("step", 7), *(("validation", number) for number in (1, 2, 4))]
)
def test_a_resumed_stage_ends_as_the_undisturbed_one(tmp_path: Path, stop: tuple[str, int]) -> None:
    seen = Watching(stop)
    whole, model = run(tmp_path / "whole", Watching(), enabled=True)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "stopped", seen, enabled=True)
    assert seen.model.weight.item() == seen.weights[-1]  # not the average
    losses, again = run(tmp_path / "stopped", Watching(), enabled=True)
    assert losses == whole
    assert torch.equal(model.weight, again.weight)
    for folder in ("whole", "stopped"):
        last = tmp_path / folder / "checkpoint-12" / FILE
        assert load_file(last)["weight"].item() == whole[-1]


def test_a_stage_without_average_writes_none(tmp_path: Path) -> None:
    run(tmp_path, Watching())
    assert list(tmp_path.glob("checkpoint-*"))
    assert not list(tmp_path.rglob(FILE))


def recipe(encoder: str, *more: str, system: str = "bert") -> Recipe:
    overrides = [*FAST, f"encoder.name={encoder}", "training.epochs=2", *more]
    return load_recipe("default", system=system, overrides=overrides)


ON = ("averaging.enabled=true", "averaging.decay=0.9")


class Interrupting(Silent):
    """Stops in the run's first validation of a stage."""

    def scores(self, *args: Any) -> None:
        raise KeyboardInterrupt


def weights(folder: Path) -> dict[str, Tensor]:
    return load_file(folder / "model.safetensors")


def test_a_run_resumes_from_a_validation_to_the_same_weights(encoder: str, tmp_path: Path) -> None:
    chosen = recipe(encoder, *ON)
    train(toy_corpus(), chosen, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train(toy_corpus(), chosen, tmp_path / "stopped", progress=Interrupting())
    train(toy_corpus(), chosen, tmp_path / "stopped", resume=True)
    first, second = weights(tmp_path / "whole"), weights(tmp_path / "stopped")
    assert all(torch.equal(first[name], second[name]) for name in first)
    train(toy_corpus(), recipe(encoder), tmp_path / "plain")
    plain = weights(tmp_path / "plain")
    assert not all(torch.equal(first[name], plain[name]) for name in first)


@pytest.fixture
def averaging(monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """Return which stages average, by name, once they ran."""
    found: dict[str, bool] = {}
    original: Callable[..., Any] = conduct.run_stage

    def spy(stage: GradientStage, *args: Any) -> Any:
        found[stage.name] = stage.averaging.enabled
        return original(stage, *args)

    monkeypatch.setattr(conduct, "run_stage", spy)
    return found


def test_the_contrastive_stage_does_not_average(
    encoder: str, tmp_path: Path, averaging: dict[str, bool]
) -> None:
    result = train(toy_corpus(), recipe(encoder, *ON, system="cl-mil"), tmp_path / "model")
    assert averaging == {"contrastive": False, "multi-task": True}
    assert read_json(result.folder / "metrics.json")["stages"].keys() == averaging.keys()


@pytest.mark.parametrize("system", ["laco-clcp", "cl-bert-knn", "cnn", "lsan", "seq2set"])
def test_every_family_averages_its_supervised_stages(
    system: str, encoder: str, tmp_path: Path, averaging: dict[str, bool]
) -> None:
    chosen = tiny_recipe(system, encoder, *ON, "training.epochs=2")
    train(toy_corpus(), chosen, tmp_path / "model")
    assert averaging
    assert all(averaging.values())


def test_the_setting_says_how_a_network_learns_and_linear_has_none() -> None:
    assert changes_learning("averaging.decay")
    with pytest.raises(RecipeError, match=r"averaging\.decay is 1"):
        load_recipe("default", overrides=["averaging.decay=1"])
    with pytest.raises(RecipeError, match="no key 'averaging'"):
        load_recipe("default", system="linear", overrides=["averaging.enabled=true"])
