"""Networks taught by models of other systems: what is asked, learnt, kept, refused and told."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from clmil.data.corpus import Corpus, from_lists
from clmil.decisions.calibration import logit
from clmil.errors import ModelError
from clmil.nn.taught import TaughtNetwork
from clmil.runtime.predictor import Predictor
from clmil.storage.atomic import read_json
from clmil.systems import soft_targets
from clmil.systems.recipe import load_recipe, parse_recipe
from clmil.systems.registry import family_of
from clmil.systems.soft_targets import SoftTargets
from clmil.systems.stages import Place
from clmil.systems.start import read_start
from clmil.systems.teacher_settings import TeacherSettings
from clmil.training.material import gather
from clmil.training.progress import Silent
from clmil.training.run import train
from clmil.training.workspace import WORK
from tests.exported import FOLDER as EXPORTED
from tests.systems.every import EVERY, tiny_recipe
from tests.tiny import toy_corpus, toy_documents

TEXTS = toy_documents(30, 9)[0]


def of_labels(*kept: str) -> Corpus:
    """Return the toy corpus with some of its labels."""
    corpus = toy_corpus()
    assert corpus.validation is not None
    parts = {}
    for name, rows in (("train", corpus.train), ("validation", corpus.validation)):
        labels = [[one for one in row if one in kept] for row in rows["labels"]]
        parts[name] = from_lists(list(rows["text"]), labels)
    return replace(corpus, descriptions={}, **parts)


def sparse_corpus() -> Corpus:
    """Return a corpus of which one document in eight is annotated."""
    texts, labels = toy_documents(96, 0)
    given = [names if row % 8 == 0 else None for row, names in enumerate(labels)]
    return replace(toy_corpus(), train=from_lists(texts, given), descriptions={})


def material_of(corpus: Corpus) -> Any:
    assert corpus.validation is not None
    return gather(corpus, corpus.train, corpus.validation)


def asked(material: Any, folder: Path, *models: Path | str) -> tuple[SoftTargets, dict[str, Any]]:
    """Return the soft targets that models give, and facts of the asking."""
    soft = SoftTargets(TeacherSettings(model=tuple(map(str, models))), material)
    facts = soft.stage().run(folder, lambda: None)
    soft.stage().load(folder)
    return soft, facts


def student(encoder: str, system: str, *more: str) -> Any:
    return tiny_recipe(system, encoder, "training.epochs=4", *more)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def distance(folder: Path, teacher: Path) -> float:
    """Return the mean distance of a model's probabilities from its teacher's, label by label."""
    own, other = Predictor.load(folder), Predictor.load(teacher)
    shared = [name for name in other.space.names if name in own.space.names]
    mine, theirs = (
        model.raw_proba(TEXTS)[:, [model.space.names.index(name) for name in shared]]
        for model in (own, other)
    )
    return float(np.abs(mine - theirs).mean())


class Counting(Silent):
    """Notes the steps of each stage, and stops the run after so many."""

    def __init__(self, stop_after: int = 10**9) -> None:
        self.steps: dict[str, list[tuple[int, int]]] = {}
        self.left = stop_after

    def stage(self, name: str, steps: int) -> None:
        self.steps[name] = []

    def step(self, done: int, total: int, *rest: Any) -> None:
        next(reversed(self.steps.values())).append((done, total))
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def teachers(encoder: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Models on other labels than the student's, in another order, one of them calibrated."""
    folder = tmp_path_factory.mktemp("teachers")
    calibrated = ("decisions.calibrate=temperature",)
    made = {
        "linear": (tiny_recipe("linear", "", *calibrated), of_labels("sea", "metal", "fruit")),
        "cnn": (tiny_recipe("cnn", "", "training.epochs=3"), of_labels("sea", "metal")),
        "knn": (tiny_recipe("cl-bert-knn", encoder, "training.epochs=2"), toy_corpus()),
        "rare": (tiny_recipe("linear", ""), of_labels("rare", "fruit")),
    }
    for name, (recipe, corpus) in made.items():
        train(corpus, recipe, folder / name)
    return {name: folder / name for name in made}


def test_the_raw_probabilities_are_asked_for_by_label_name(teachers, tmp_path):
    material = material_of(toy_corpus())
    soft, facts = asked(material, tmp_path, teachers["linear"])
    teacher = Predictor.load(teachers["linear"])
    names = material.space.names
    rows = [70, 3, 12]
    found, texts = soft[rows], [material.train["text"][row] for row in rows]
    assert found.dtype == np.float16
    raw = teacher.raw_proba(texts)
    assert np.abs(raw - teacher.predict_proba(texts)).max() > 1e-3
    for column, name in enumerate(names):
        if name == "rare":
            assert np.isnan(found[:, column]).all()
        else:
            expected = logit(raw[:, teacher.space.names.index(name)])
            np.testing.assert_allclose(found[:, column], expected, rtol=1e-3, atol=1e-3)
    assert facts["labels"] == 3
    assert facts["models"] == [{"name": str(teachers["linear"]), "system": "linear"}]


def test_labels_are_matched_whatever_their_order(teachers, tmp_path):
    texts, _ = toy_documents(20, 5)
    labels = [["fruit"], *([["rare", "metal"]] * 9), *([["metal"]] * 9), ["sea"]]
    corpus = replace(toy_corpus(), train=from_lists(texts, labels), descriptions={})
    material, teacher = material_of(corpus), Predictor.load(teachers["linear"])
    shared = [name for name in material.space.names if name != "rare"]
    assert shared != list(teacher.space.names)
    soft, _ = asked(material, tmp_path, teachers["linear"])
    raw = teacher.raw_proba(texts)
    for name in shared:
        expected = logit(raw[:, teacher.space.names.index(name)])
        found = soft[list(range(20))][:, material.space.names.index(name)]
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)


def test_several_teachers_are_averaged_over_those_who_know_a_label(teachers, tmp_path):
    material = material_of(toy_corpus())
    soft, facts = asked(material, tmp_path, teachers["linear"], teachers["cnn"], teachers["knn"])
    texts = list(material.train["text"])[:6]
    said = {name: Predictor.load(teachers[name]) for name in ("linear", "cnn", "knn")}
    for column, label in enumerate(material.space.names):
        voices = [
            model.raw_proba(texts)[:, model.space.names.index(label)]
            for model in said.values()
            if label in model.space.names
        ]
        assert len(voices) == {"rare": 1, "fruit": 2}.get(label, 3)
        expected = logit(np.mean(voices, axis=0))
        np.testing.assert_allclose(soft[[*range(6)]][:, column], expected, rtol=2e-3, atol=2e-3)
    assert facts["labels"] == 4
    assert [one["system"] for one in facts["models"]] == ["linear", "cnn", "cl-bert-knn"]


def test_an_exported_model_teaches_too(tmp_path):
    told = json.loads((EXPORTED / "expected.json").read_text(encoding="utf-8"))
    texts = [text for text in told["texts"] if text]
    part = from_lists(texts, [["fruit"], ["sea"], [], [], []])
    corpus = replace(toy_corpus(), train=part, validation=part, descriptions={})
    soft, _ = asked(material_of(corpus), tmp_path, EXPORTED)
    names = Predictor.load(EXPORTED).space.names
    raw = np.array(told["raw"])[[row for row, text in enumerate(told["texts"]) if text]]
    expected = logit(raw[:, [names.index("fruit"), names.index("sea")]])
    np.testing.assert_allclose(soft[[*range(5)]], expected, rtol=5e-3, atol=5e-3)


def test_progress_is_told_chunk_by_chunk(teachers, encoder, tmp_path, monkeypatch):
    monkeypatch.setattr(soft_targets, "CHUNK", 30)
    listener = Counting()
    recipe = student(encoder, "bert", f"teacher.model={teachers['linear']}")
    train(toy_corpus(), recipe, tmp_path / "model", progress=listener)
    assert listener.steps["teacher"] == [(1, 3), (2, 3), (3, 3)]
    assert list(listener.steps) == ["teacher", "multi-task"]


@pytest.mark.parametrize("system", ["bert", "dil", "cnn", "leam"])
def test_a_student_moves_towards_its_teacher(teachers, encoder, tmp_path, system):
    name = "knn" if system == "bert" else "linear"
    taught = (f"teacher.model={teachers[name]}", "teacher.weight=1", "teacher.temperature=2")
    for folder, more in (("alone", ()), ("taught", taught)):
        train(toy_corpus(), student(encoder, system, *more), tmp_path / folder)
    near, far = (distance(tmp_path / one, teachers[name]) for one in ("taught", "alone"))
    assert near < far


def test_unannotated_documents_are_learnt_from_the_teacher(teachers, tmp_path):
    recipe = tiny_recipe("cnn", "", "training.epochs=6")
    taught = tiny_recipe("cnn", "", "training.epochs=6", f"teacher.model={teachers['linear']}")
    alone = train(sparse_corpus(), recipe, tmp_path / "alone").metrics
    more = train(sparse_corpus(), taught, tmp_path / "taught").metrics
    assert alone["stages"]["fit"]["steps"] == 6 * 2
    assert more["stages"]["fit"]["steps"] == 6 * 12
    assert more["validation"]["micro_f1"] > alone["validation"]["micro_f1"] + 0.1


@pytest.mark.parametrize("system", ["cl-mil", "laco-plcp", "laco-clcp", "cl-bert-knn", "lsan"])
def test_every_network_that_gives_probabilities_learns_from_unannotated_documents(
    teachers, encoder, tmp_path, system
):
    more = ("training.epochs=1", f"teacher.model={teachers['linear']}")
    result = train(sparse_corpus(), tiny_recipe(system, encoder, *more), tmp_path / "model")
    assert next(iter(result.metrics["stages"])) == "teacher"
    assert np.isfinite(Predictor.load(tmp_path / "model").raw_proba(TEXTS)).all()


@pytest.mark.parametrize("after", [1, 4, 13])
def test_a_resumed_run_asks_nobody_again(teachers, encoder, tmp_path, after):
    gone = Path(shutil.copytree(teachers["linear"], tmp_path / "gone"))
    steps = ("training.checkpoint_steps=3", f"teacher.model={gone}")
    recipe = student(encoder, "bert", "encoder.hidden_dropout=0.1", *steps)
    train(sparse_corpus(), recipe, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train(sparse_corpus(), recipe, tmp_path / "model", progress=Counting(stop_after=after))
    shutil.rmtree(gone)
    train(sparse_corpus(), recipe, tmp_path / "model", resume=True)
    first, second = weights(tmp_path / "whole"), weights(tmp_path / "model")
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not (tmp_path / "model" / WORK / "teacher").exists()


def test_half_of_what_a_teacher_said_is_thrown_away(teachers, encoder, tmp_path, monkeypatch):
    monkeypatch.setattr(soft_targets, "CHUNK", 30)
    recipe = student(encoder, "bert", f"teacher.model={teachers['linear']}")
    with pytest.raises(KeyboardInterrupt):
        train(toy_corpus(), recipe, tmp_path / "model", progress=Counting(stop_after=1))
    listener = Counting()
    train(toy_corpus(), recipe, tmp_path / "model", resume=True, progress=listener)
    assert len(listener.steps["teacher"]) == 3


def test_the_card_and_the_metrics_say_who_taught(teachers, tmp_path):
    models = f"teacher.model=[{teachers['linear']}, {teachers['cnn']}]"
    recipe = tiny_recipe("cnn", "", "training.epochs=1", models, "teacher.temperature=2")
    result = train(toy_corpus(), recipe, tmp_path / "model")
    facts = result.metrics["stages"]["teacher"]
    assert [one["system"] for one in facts["models"]] == ["linear", "cnn"]
    assert facts["documents_per_second"] > 0
    card = (tmp_path / "model" / "README.md").read_text(encoding="utf-8")
    assert "- taught by `linear` (linear), `cnn` (cnn), for 3 of the labels; " in card
    assert "what is taught weighs 0.5 against the annotations, at temperature 2" in card
    assert str(teachers["linear"].parent) not in card


def test_a_blend_teaches_and_its_members_are_taught(teachers, tmp_path):
    taught = [*EVERY["cnn"], "training.epochs=2", f"teacher.model={teachers['knn']}"]
    members = [
        {"system": "cnn", "overrides": taught},
        {"system": "linear", "overrides": [*EVERY["linear"]]},
    ]
    recipe = parse_recipe({"system": "blend", "members": members})
    train(toy_corpus(), recipe, tmp_path / "blend")
    card = (tmp_path / "blend" / "README.md").read_text(encoding="utf-8")
    assert "- cnn was taught by `knn` (cl-bert-knn), for 4 of the labels; " in card
    material = material_of(toy_corpus())
    (tmp_path / "asked").mkdir()
    soft, facts = asked(material, tmp_path / "asked", tmp_path / "blend")
    raw = Predictor.load(tmp_path / "blend").raw_proba(list(material.train["text"])[:5])
    np.testing.assert_allclose(soft[[*range(5)]], logit(raw), rtol=2e-3, atol=2e-3)
    assert facts["models"][0]["system"] == "blend"


def test_a_run_goes_on_from_a_model_with_a_teacher(teachers, encoder, tmp_path):
    train(toy_corpus(), student(encoder, "bert"), tmp_path / "first")
    start = read_start(tmp_path / "first")
    more = ["training.epochs=1", "teacher.enabled=true", f"teacher.model={teachers['linear']}"]
    train(toy_corpus(), start.recipe(overrides=more), tmp_path / "second", start=start)
    assert "teacher" in read_json(tmp_path / "second" / "metrics.json")["stages"]


def refused(recipe: Any, output: Path, said: str) -> None:
    """Check that a run is refused in one sentence and leaves nothing behind."""
    before = sorted(output.rglob("*"))
    with pytest.raises(ModelError, match=said) as told:
        train(toy_corpus(), recipe, output, overwrite=True)
    assert str(told.value).endswith(".")
    assert sorted(output.rglob("*")) == before


def test_a_teacher_that_writes_label_sets_is_refused(tmp_path):
    train(toy_corpus(), tiny_recipe("sgm", "", "training.epochs=1"), tmp_path / "sgm")
    recipe = tiny_recipe("cnn", "", f"teacher.model={tmp_path / 'sgm'}")
    refused(recipe, tmp_path / "model", "gives no probabilities to learn from")


def test_a_teacher_of_other_labels_is_refused(teachers, tmp_path):
    recipe = tiny_recipe("cnn", "", f"teacher.model=[{teachers['linear']}, {teachers['rare']}]")
    corpus = of_labels("sea", "metal")
    with pytest.raises(ModelError, match="rare knows none of the labels"):
        train(corpus, recipe, tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_a_teacher_that_is_missing_or_in_the_output_is_refused(teachers, tmp_path):
    missing = tiny_recipe("cnn", "", f"teacher.model={tmp_path / 'nowhere'}")
    refused(missing, tmp_path / "model", "does not exist")
    own = Path(shutil.copytree(teachers["linear"], tmp_path / "own"))
    refused(tiny_recipe("cnn", "", f"teacher.model={own}"), own, "choose another output")


def test_damaged_answers_of_a_teacher_are_told_in_a_sentence(teachers, tmp_path):
    soft, _ = asked(material_of(toy_corpus()), tmp_path, teachers["linear"])
    file = tmp_path / soft_targets.SOFT
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(ModelError, match="missing or damaged"):
        soft.stage().load(tmp_path)
    file.unlink()
    with pytest.raises(ModelError, match="missing or damaged"):
        soft.stage().load(tmp_path)


@pytest.mark.parametrize("system", ["bert", "cnn"])
def test_off_there_is_neither_stage_nor_wrapper_nor_soft_target(encoder, tmp_path, system):
    corpus = sparse_corpus()
    learner = family_of(system).learner(tiny_recipe(system, encoder), material_of(corpus))
    learner.read(tmp_path)
    (stage,) = learner.stages(Place())
    assert stage.model is learner.network
    assert not isinstance(stage.model, TaughtNetwork)
    assert "teacher" not in stage.part_names
    rows = [row for batch in stage.data.train_batches for row in batch]
    assert sorted(rows) == list(range(0, 96, 8))
    assert set(stage.data.train.__getitems__(rows[:2])) == {"text_ids", "lengths", "targets"}


def test_each_process_sees_the_soft_targets_of_the_whole_batch(teachers, encoder, tmp_path):
    recipe = student(encoder, "bert", f"teacher.model={teachers['linear']}")
    learner = family_of("bert").learner(recipe, material_of(toy_corpus()))
    learner.read(tmp_path)
    asking, stage = learner.stages(Place(rank=1, processes=2))
    (tmp_path / "teacher").mkdir()
    asking.run(tmp_path / "teacher", lambda: None)
    asking.load(tmp_path / "teacher")
    batch = stage.data.train.__getitems__([5, 9, 40])
    assert batch["rows"].tolist() == [1]
    assert batch["soft"].shape == batch["targets"].shape == (3, 4)
    np.testing.assert_array_equal(batch["soft"].numpy(), learner.soft[[5, 9, 40]])


def test_recipes_name_a_teacher_on_the_command_line():
    recipe = load_recipe(system="bert", overrides=["teacher.model=some/model"])
    assert recipe.plain()["teacher"]["model"] == ["some/model"]
