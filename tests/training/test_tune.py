"""A search, with a stand-in for training: judged, pruned, interrupted, killed and resumed."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from clmil.errors import ModelError, RecipeError, TrainingError
from clmil.systems.recipe import load_recipe
from clmil.systems.search import Categorical, Range
from clmil.training import trials
from clmil.training.progress import Silent
from tests.tiny import toy_corpus

optuna = pytest.importorskip("optuna")

from clmil.training.study import STARTUP  # noqa: E402
from clmil.training.tune import Search, TuningResult, tune  # noqa: E402

SPACE = {
    "training.learning_rate": Range(low=1e-5, high=1e-3, log=True),
    "classifier.skip": Categorical(values=(True, False)),
}


class Training:
    """Scores a recipe at once: the nearer the rate to 3e-4 the better."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.raises: dict[int, BaseException] = {}

    def __call__(self, corpus: Any, recipe: Any, output: Path, **options: Any) -> Any:
        self.calls.append({"corpus": corpus, "recipe": recipe, "output": output, **options})
        (output / "training").mkdir(parents=True, exist_ok=True)
        (output / "training" / "run.json").write_text("{}")
        if len(self.calls) in self.raises:
            raise self.raises[len(self.calls)]
        score = 1 - abs(recipe.training.learning_rate - 3e-4) * 1000
        told = options["progress"]
        told.stage("multi-task", 30)
        for epoch in range(1, 4):
            told.step(10 * epoch, 30, {}, 1.0)
            told.scores("multi-task", epoch, {"micro_f1": score}, True)
        return SimpleNamespace(metrics={"validation": {"micro_f1": score, "macro_f1": score / 2}})


@pytest.fixture
def training(monkeypatch: pytest.MonkeyPatch) -> Training:
    fake = Training()
    monkeypatch.setattr(trials, "train", fake)
    return fake


def search(folder: Path, number: int, **options: Any) -> TuningResult:
    wanted = Search(trials=number, space=SPACE, **options.pop("search", {}))
    return tune(toy_corpus(), load_recipe(), folder, wanted, **options)


def test_the_best_recipe_can_be_trained_with(training: Training, tmp_path: Path) -> None:
    result = search(tmp_path / "search", 8)
    complete = [trial for trial in result.trials if trial.state == "complete"]
    best = max(complete, key=lambda trial: trial.score)
    assert result.score == best.score
    recipe = load_recipe(str(result.recipe))
    assert recipe.training.learning_rate == best.settings["training.learning_rate"]
    assert recipe.classifier.skip == best.settings["classifier.skip"]
    assert recipe.training.batch_size == load_recipe().training.batch_size
    table = json.loads((tmp_path / "search" / "trials.json").read_text())
    assert [row["number"] for row in table] == list(range(8))
    assert not list((tmp_path / "search" / "training").glob("trial-*"))


def test_the_first_trial_is_the_recipe_itself(training: Training, tmp_path: Path) -> None:
    search(tmp_path / "search", 1)
    assert training.calls[0]["recipe"] == load_recipe()


def test_the_test_part_never_reaches_training(training: Training, tmp_path: Path) -> None:
    search(tmp_path / "search", 2)
    assert all(call["corpus"].test is None for call in training.calls)
    assert training.calls[0]["corpus"].validation is training.calls[1]["corpus"].validation


def test_a_hopeless_trial_is_pruned(training: Training, tmp_path: Path) -> None:
    result = search(tmp_path / "search", STARTUP + 10)
    states = {trial.state for trial in result.trials}
    assert states == {"complete", "pruned"}
    assert all(trial.score is not None for trial in result.trials)


def test_trials_are_compared_at_the_same_share_of_their_steps() -> None:
    reported: list[tuple[float, int]] = []
    trial: Any = SimpleNamespace(
        report=lambda score, step: reported.append((score, step)), should_prune=lambda: False
    )
    judging = trials.Judging(trial, "micro_f1", Silent())
    for stage in ("likelihood", "reward"):
        judging.stage(stage, 40)
        for done in (0, 20, 40):
            if done:
                judging.step(done, 40, {}, 1.0)
            judging.scores(stage, 0.0, {"micro_f1": done / 40}, True)
    assert reported == [(0, 0), (0.5, 50), (1, 100), (0, 101), (0.5, 151), (1, 201)]


def test_ctrl_c_keeps_finished_trials_and_resume_goes_on(
    training: Training, tmp_path: Path
) -> None:
    folder = tmp_path / "search"
    training.raises[3] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        search(folder, 5)
    assert len(json.loads((folder / "trials.json").read_text())) == 2
    cut = training.calls[-1]
    with pytest.raises(ModelError, match="--resume"):
        search(folder, 5)
    result = search(folder, 5, resume=True)
    assert len(result.trials) == 5
    again = training.calls[3]
    assert again["recipe"] == cut["recipe"]
    assert again["output"] == cut["output"]
    assert (cut["resume"], again["resume"]) == (False, True)
    assert len(training.calls) == 6
    rates = {call["recipe"].training.learning_rate for call in training.calls}
    assert len(rates) == 5, "a resumed search draws new trials"


def test_a_killed_trial_is_run_again(training: Training, tmp_path: Path) -> None:
    folder = tmp_path / "search"
    search(folder, 2)
    study = optuna.load_study(study_name="clmil", storage=f"sqlite:///{folder}/training/study.db")
    killed = study.ask(
        {"training.learning_rate": optuna.distributions.FloatDistribution(1e-5, 1e-3, log=True)}
    )
    result = search(folder, 4, resume=True)
    assert len(result.trials) == 4
    wanted = killed.params["training.learning_rate"]
    assert training.calls[2]["recipe"].training.learning_rate == wanted
    assert len(search(folder, 4, resume=True).trials) == 4, "nothing is left to do"
    assert len(training.calls) == 4


def test_a_trial_that_fails_is_told_and_the_search_goes_on(
    training: Training, tmp_path: Path
) -> None:
    training.raises[2] = TrainingError("the loss is no longer finite.")
    result = search(tmp_path / "search", 3)
    assert [trial.state for trial in result.trials] == ["complete", "fail", "complete"]


def test_no_finished_trial_is_an_error(training: Training, tmp_path: Path) -> None:
    training.raises[1] = TrainingError("no.")
    with pytest.raises(TrainingError, match="none of the 1 trials"):
        search(tmp_path / "search", 1)


def test_another_space_cannot_be_resumed(training: Training, tmp_path: Path) -> None:
    folder = tmp_path / "search"
    search(folder, 1)
    wanted = Search(trials=2, space={"training.epochs": Categorical(values=(1, 2))})
    with pytest.raises(ModelError, match="another space"):
        tune(toy_corpus(), load_recipe(), folder, wanted, resume=True)


def test_an_unknown_metric_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="macro_f1"):
        search(tmp_path / "search", 1, search={"metric": "accuracy"})


def test_the_other_metric(training: Training, tmp_path: Path) -> None:
    result = search(tmp_path / "search", 1, search={"metric": "macro_f1"})
    assert result.score == pytest.approx(result.trials[0].score)
    assert result.score < 0.5
