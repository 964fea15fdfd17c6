"""Whole runs on a tiny encoder: overfitting, resuming, leaking nothing, stopping well."""

import dataclasses
import errno
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import Trainer

from clmil.data.corpus import Corpus
from clmil.errors import ModelError, TrainingError
from clmil.nn.model import ClMilModel
from clmil.storage.atomic import read_json
from clmil.systems.recipe import Recipe, load_recipe
from clmil.training.progress import Silent
from clmil.training.run import train
from clmil.training.workspace import REPLACED, WORK, fingerprint
from tests.tiny import FAST, toy_corpus


def recipe(encoder: str, *more: str, system: str | None = None) -> Recipe:
    overrides = [*FAST, f"encoder.name={encoder}", "training.epochs=2", *more]
    return load_recipe("default", system=system, overrides=overrides)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return first.keys() == second.keys() and all(
        torch.equal(first[name], second[name]) for name in first
    )


class Interrupting(Silent):
    """Stops the run as Ctrl-C would, after so many steps of all stages together."""

    def __init__(self, after: int) -> None:
        self.left = after

    def step(self, *args: Any) -> None:
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def undisturbed(encoder: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed") / "model"
    train(toy_corpus(), recipe(encoder), folder)
    return folder


def test_model_folder_is_complete_and_free_of_pickle(undisturbed: Path) -> None:
    names = {file.name for file in undisturbed.iterdir()}
    expected = {"config.json", "model.safetensors", "tokenizer.json", "labels.json"}
    assert expected | {"recipe.yaml", "metrics.json", "README.md"} <= names
    assert not any(file.suffix in {".bin", ".pt", ".pkl"} for file in undisturbed.rglob("*"))
    assert not list((undisturbed / WORK).glob("*/checkpoint-*"))


def test_another_seed_gives_other_weights(encoder: str, undisturbed: Path, tmp_path: Path) -> None:
    train(toy_corpus(), recipe(encoder, "seed=2"), tmp_path / "other")
    assert not same(weights(undisturbed), weights(tmp_path / "other"))


@pytest.mark.parametrize("after", [2, 4, 13, 19])
def test_interrupted_run_resumes_to_the_undisturbed_weights(
    encoder: str, undisturbed: Path, tmp_path: Path, after: int
) -> None:
    # 4 contrastive and 20 multi-task steps; checkpoints every 3, validations at 4, 14 and 24.
    with pytest.raises(KeyboardInterrupt):
        train(toy_corpus(), recipe(encoder), tmp_path / "model", progress=Interrupting(after))
    train(toy_corpus(), recipe(encoder), tmp_path / "model", resume=True)
    assert same(weights(undisturbed), weights(tmp_path / "model"))


def test_all_kinds_of_systems_learn_the_training_texts(encoder: str, tmp_path: Path) -> None:
    """T19: right label alignment, heads that train, in train and in eval mode."""
    corpus = toy_corpus(32)
    corpus = dataclasses.replace(corpus, validation=corpus.train)
    for system in ("mil", "dil", "fil", "cil", "bert", "bert-joint", "bert-joint+clrl"):
        chosen = recipe(encoder, "training.epochs=40", "training.patience=40", system=system)
        result = train(corpus, chosen, tmp_path / system)
        assert result.metrics["validation"]["micro_f1"] > 0.95, system


@pytest.mark.parametrize(
    "changes",
    [
        ("balance.enabled=true", "balance.loss=asymmetric"),
        ("balance.enabled=true", "balance.loss=logit_adjusted"),
        ("balance.enabled=true", "balance.loss=distribution_balanced"),
        ("balance.enabled=true", "balance.loss=focal"),
        ("rdrop.enabled=true",),
    ],
    ids=lambda changes: changes[-1],
)
def test_all_losses_learn_the_training_texts(
    encoder: str, tmp_path: Path, changes: tuple[str, ...]
) -> None:
    """T19 for losses of rare labels and R-Drop."""
    corpus = toy_corpus(32)
    corpus = dataclasses.replace(corpus, validation=corpus.train)
    epochs = ("training.epochs=40", "training.patience=40")
    result = train(corpus, recipe(encoder, *epochs, *changes, system="bert"), tmp_path / "model")
    assert result.metrics["validation"]["micro_f1"] > 0.95


def test_the_test_part_is_never_read(encoder: str, tmp_path: Path) -> None:
    """T31: training, early stop and everything else complete without it."""

    class Untouchable:
        def __getattribute__(self, name: str) -> Any:
            raise AssertionError(f"the test part was asked for {name}")

    corpus = dataclasses.replace(toy_corpus(), validation=None)
    object.__setattr__(corpus, "test", Untouchable())
    assert train(corpus, recipe(encoder), tmp_path / "model").folder.exists()


def test_contrastive_weights_are_handed_over(
    encoder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T20: the second stage starts from the first one's encoder, with fresh heads."""
    from clmil.training import conduct

    seen: list[dict[str, torch.Tensor]] = []
    kept: list[dict[str, torch.Tensor]] = []
    original = conduct.run_stage

    def spy(plan: Any, *args: Any) -> Any:
        network: ClMilModel = getattr(plan.model, "network", plan.model)
        seen.append({k: v.clone() for k, v in network.state_dict().items()})
        facts = original(plan, *args)
        kept.append({k: v.clone() for k, v in network.state_dict().items()})
        return facts

    monkeypatch.setattr(conduct, "run_stage", spy)
    train(toy_corpus(), recipe(encoder), tmp_path / "model")
    first_start, second_start = seen
    heads = [name for name in first_start if not name.startswith("encoder.")]
    assert same(kept[0], second_start)
    assert all(torch.equal(first_start[name], second_start[name]) for name in heads)
    assert not same(first_start, second_start)


def test_a_loss_that_is_not_finite_stops_with_a_sentence(encoder: str, tmp_path: Path) -> None:
    wild = recipe(encoder, "training.learning_rate=1e30", "training.clip=0", system="bert")
    with pytest.raises(TrainingError, match="no longer finite"):
        train(toy_corpus(), wild, tmp_path / "model")


def test_a_full_disk_keeps_the_last_good_checkpoint(
    encoder: str, undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: list[int] = []
    original = Trainer._save_checkpoint

    def full(self: Trainer, model: Any, trial: Any) -> None:
        saved.append(self.state.global_step)
        if len(saved) == 5:
            Path(self.args.output_dir, f"checkpoint-{self.state.global_step}").mkdir()
            raise OSError(errno.ENOSPC, "No space left on device")
        original(self, model, trial)

    monkeypatch.setattr(Trainer, "_save_checkpoint", full)
    with pytest.raises(TrainingError, match=r"No space left.*--resume"):
        train(toy_corpus(), recipe(encoder), tmp_path / "model")
    left = list((tmp_path / "model" / WORK / "multi-task").glob("checkpoint-*/complete"))
    assert left
    monkeypatch.undo()
    train(toy_corpus(), recipe(encoder), tmp_path / "model", resume=True)
    assert same(weights(undisturbed), weights(tmp_path / "model"))


def test_output_folders_that_must_not_be_touched(
    encoder: str, undisturbed: Path, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match=r"exists.*--overwrite"):
        train(toy_corpus(), recipe(encoder), undisturbed)
    with pytest.raises(KeyboardInterrupt):
        train(toy_corpus(), recipe(encoder), tmp_path / "model", progress=Interrupting(2))
    with pytest.raises(ModelError, match=r"unfinished run.*--resume"):
        train(toy_corpus(), recipe(encoder), tmp_path / "model")
    with pytest.raises(ModelError, match="another recipe"):
        train(toy_corpus(), recipe(encoder, "seed=5"), tmp_path / "model", resume=True)
    with pytest.raises(ModelError, match="other data"):
        train(toy_corpus(seed=7), recipe(encoder), tmp_path / "model", resume=True)


def test_a_model_stays_until_the_one_that_replaces_it_is_whole(
    encoder: str, undisturbed: Path, tmp_path: Path
) -> None:
    model = tmp_path / "model"
    shutil.copytree(undisturbed, model)
    (model / "stale.json").touch()
    other = recipe(encoder, "seed=2")
    for again in ({"overwrite": True}, {"overwrite": True}, {"resume": True}):
        with pytest.raises(KeyboardInterrupt):
            train(toy_corpus(), other, model, progress=Interrupting(4), **again)
        assert same(weights(undisturbed), weights(model))
        assert read_json(model / "metrics.json") == read_json(undisturbed / "metrics.json")
    with pytest.raises(ModelError, match=r"unfinished run.*--resume"):
        train(toy_corpus(), other, model)
    train(toy_corpus(), other, model, resume=True)
    assert not same(weights(undisturbed), weights(model))
    names = ({file.name for file in folder.iterdir()} for folder in (undisturbed, model))
    assert next(names) == next(names)
    assert not (model / WORK / REPLACED).exists()


def test_a_finished_run_is_not_run_again(encoder: str, undisturbed: Path) -> None:
    said: list[str] = []

    class Listening(Silent):
        def note(self, sentence: str) -> None:
            said.append(sentence)

    before = weights(undisturbed)
    result = train(toy_corpus(), recipe(encoder), undisturbed, resume=True, progress=Listening())
    assert result.metrics == read_json(undisturbed / "metrics.json")
    assert same(before, weights(undisturbed))
    assert any("is finished already" in sentence for sentence in said)
    with pytest.raises(ModelError, match=r"finished run in .* had another recipe; .*--overwrite"):
        train(toy_corpus(), recipe(encoder, "seed=5"), undisturbed, resume=True)


def test_no_rare_label_means_no_contrastive_stage_and_says_so(encoder: str, tmp_path: Path) -> None:
    said: list[str] = []

    class Listening(Silent):
        def note(self, sentence: str) -> None:
            said.append(sentence)

    chosen = recipe(encoder, "contrastive.low_frequency=0.0001")
    train(toy_corpus(), chosen, tmp_path / "model", progress=Listening())
    assert any("contrastive stage is left out" in sentence for sentence in said)
    assert set(read_json(tmp_path / "model" / "metrics.json")["stages"]) == {"multi-task"}


def test_attention_that_an_encoder_cannot_bend_is_left_out_and_says_so(
    encoder: str, undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    class Listening(Silent):
        def note(self, sentence: str) -> None:
            said.append(sentence)

    def trained(name: str, *more: str) -> dict[str, torch.Tensor]:
        train(toy_corpus(), recipe(encoder, *more), tmp_path / name, progress=Listening())
        return weights(tmp_path / name)

    assert not same(trained("bent", "labels.attention=0.5"), weights(undisturbed))
    assert not any("labels.attention" in sentence for sentence in said)
    monkeypatch.setattr("clmil.nn.encoding.packs", lambda _: False)
    plain = trained("plain", "labels.attention=null")
    assert not any("labels.attention" in sentence for sentence in said)
    assert same(trained("unbent", "labels.attention=0.5"), plain)
    assert any("labels.attention=0.5 is left out: it needs" in sentence for sentence in said)


def test_fingerprint_sees_texts_labels_and_order() -> None:
    corpus: Corpus = toy_corpus()
    first = fingerprint(corpus.train)
    assert first == fingerprint(toy_corpus().train)
    assert first != fingerprint(corpus.train.select(range(79)))
    assert first != fingerprint(corpus.train.select(range(79, -1, -1)))
