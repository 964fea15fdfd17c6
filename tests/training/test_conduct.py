"""A stage may end where it began, if all that it learns is for the worse."""

from dataclasses import replace
from pathlib import Path

import pytest

from clmil.training.conduct import run_stage
from tests.training.test_averaging import Watching, toy_stage


def worsening(*, may_keep: bool) -> tuple[Watching, object]:
    """Return a stage whose score, the weight itself, falls from 1 in each validation."""
    seen = Watching()
    stage = replace(toy_stage(), greater=True, may_keep=may_keep)
    seen.model = stage.model
    return seen, stage


def test_weights_that_only_get_worse_are_those_of_before(tmp_path: Path) -> None:
    seen, stage = worsening(may_keep=True)
    facts = run_stage(stage, tmp_path / "keeps", seen)  # type: ignore[arg-type]
    assert seen.model.weight.item() == 1.0
    assert (facts["best_epoch"], facts["best"]["eval_loss"]) == (0, 1.0)
    assert [told["step"] for told in facts["validations"]] == [0, 3, 6, 9, 12]
    other, stage = worsening(may_keep=False)
    run_stage(stage, tmp_path / "goes", other)  # type: ignore[arg-type]
    assert other.model.weight.item() == other.weights[3] < 1.0


@pytest.mark.parametrize("stop", [("step", 1), ("step", 5), ("validation", 2)])
def test_an_interrupted_one_ends_there_too(tmp_path: Path, stop: tuple[str, int]) -> None:
    seen, stage = worsening(may_keep=True)
    seen._stop = stop
    with pytest.raises(KeyboardInterrupt):
        run_stage(stage, tmp_path, seen)  # type: ignore[arg-type]
    seen, stage = worsening(may_keep=True)
    facts = run_stage(stage, tmp_path, seen)  # type: ignore[arg-type]
    assert seen.model.weight.item() == 1.0
    assert [told["step"] for told in facts["validations"]] == [0, 3, 6, 9, 12]
