import pytest
import torch
from torch.optim.lr_scheduler import LambdaLR

from clmil.systems.recipe import load_recipe
from clmil.training.clock import squeeze
from clmil.training.deadline import Deadline
from clmil.training.run import train
from tests.tiny import FAST, toy_corpus


def quick(encoder, *more):
    overrides = [*FAST, f"encoder.name={encoder}", "training.epochs=50", *more]
    return load_recipe("default", system="bert", overrides=overrides)


def rates(scheduler, optimizer, steps):
    found = []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def test_a_squeezed_schedule_goes_on_where_it_was_and_ends_where_it_would():
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = LambdaLR(optimizer, lambda step: max(0.0, 1 - step / 100))
    before = rates(scheduler, optimizer, 10)
    squeeze(scheduler, at=10, total=100, end=19)
    after = rates(scheduler, optimizer, 11)
    assert before == pytest.approx([1 - k / 100 for k in range(10)])
    assert after == pytest.approx([0.9 - k / 10 for k in range(10)] + [0.0])


def test_a_run_ends_in_time_with_validated_weights(encoder, tmp_path):
    deadline = Deadline(seconds=3)
    patient = quick(encoder, "training.patience=1000", "training.epochs=100000")
    result = train(toy_corpus(), patient, tmp_path / "model", deadline=deadline)
    facts = result.metrics["stages"]["multi-task"]
    assert deadline.shortened == ["multi-task"]
    assert facts["epochs"] < 100000
    assert facts["validations"]
    assert (tmp_path / "model" / "config.json").exists()


def test_without_any_time_there_is_one_step_and_one_validation(encoder, tmp_path):
    deadline = Deadline(seconds=0)
    result = train(toy_corpus(), quick(encoder), tmp_path / "model", deadline=deadline)
    facts = result.metrics["stages"]["multi-task"]
    assert deadline.stopped == ["multi-task"]
    assert (facts["steps"], len(facts["validations"])) == (1, 1)


def test_with_time_enough_nothing_changes(encoder, tmp_path):
    deadline = Deadline(seconds=1000)
    recipe = quick(encoder, "training.epochs=2")
    hurried = train(toy_corpus(), recipe, tmp_path / "a", deadline=deadline)
    free = train(toy_corpus(), recipe, tmp_path / "b")
    assert not deadline.shortened
    assert not deadline.stopped
    assert hurried.metrics["validation"] == free.metrics["validation"]
    stages = [result.metrics["stages"]["multi-task"] for result in (hurried, free)]
    assert stages[0]["steps"] == stages[1]["steps"]
