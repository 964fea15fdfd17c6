"""A run that goes on from a model: what it takes over exactly, and what it refuses."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from clmil.data.corpus import Corpus, from_lists
from clmil.errors import ModelError, RecipeError
from clmil.runtime.predictor import Predictor
from clmil.storage.atomic import read_json
from clmil.systems.recipe import load_recipe
from clmil.systems.registry import family_of
from clmil.systems.start import read_start, sentences
from clmil.training.material import gather
from clmil.training.progress import ProgressListener
from clmil.training.run import train
from tests.tiny import FAST, toy_corpus, toy_documents

HALF = ("fruit", "metal")
WORDS = (
    "training.batch_size=8",
    "training.report_to=[]",
    "training.checkpoint_steps=3",
    "training.learning_rate=0.01",
    "training.epochs=4",
    "network.embedding.width=12",
)
TINY = {"cnn": ("network.filters=4", "network.widths=[1, 2]"), "lsan": ("network.hidden=8",)}
SYSTEMS = ("bert", "cl-mil", "cnn", "leam-labelwise", "lsan")


def overrides(system: str, encoder: str) -> list[str]:
    if system == "linear":
        return ["linear.C=[1.0]", "linear.pairs=[false]", "linear.folds=2"]
    if system in ("bert", "cl-mil"):
        return [*FAST, "training.epochs=2", f"encoder.name={encoder}"]
    return [*WORDS, *TINY.get(system, ())]


def of_labels(corpus: Corpus, kept: tuple[str, ...]) -> Corpus:
    """Return the corpus with some labels only, and one word that only it has."""
    parts = {}
    for name in ("train", "validation"):
        rows = getattr(corpus, name)
        labels = [[label for label in row if label in kept] for row in rows["labels"]]
        parts[name] = from_lists([f"{text} old" for text in rows["text"]], labels)
    return replace(corpus, **parts)


@pytest.fixture(scope="module")
def models(encoder: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Models on two of the four labels."""
    folder = tmp_path_factory.mktemp("models")
    half = of_labels(toy_corpus(), HALF)
    for system in (*SYSTEMS, "linear"):
        recipe = load_recipe(system=system, overrides=overrides(system, encoder))
        train(half, recipe, folder / system)
    return {system: folder / system for system in (*SYSTEMS, "linear")}


def begun(folder: Path, corpus: Corpus) -> Any:
    """Return the scorer of a learner that has taken a model up, before its first step."""
    start = read_start(folder)
    assert corpus.validation is not None
    material = gather(corpus, corpus.train, corpus.validation)
    learner = family_of(start.facts.system).learner(start.recipe(), material)
    report = learner.take_up(start)
    assert set(report.kept) == set(HALF)
    learner.network.eval()
    return learner, material


def first_loss(learner: Any, material: Any) -> float:
    ids = learner.reader.ids(list(material.train["text"]))
    width = max(map(len, ids))
    padded = torch.tensor([row + [0] * (width - len(row)) for row in ids])
    targets = torch.as_tensor(material.train_targets)
    with torch.no_grad():
        learner.network.eval()
        return float(learner.network(padded, torch.tensor([*map(len, ids)]), targets).loss)


@pytest.mark.parametrize("system", SYSTEMS)
def test_known_labels_score_as_before_and_the_loss_starts_lower(models, system):
    corpus = toy_corpus()
    learner, material = begun(models[system], corpus)
    old = Predictor.load(models[system])
    texts = [*toy_documents(12, 7)[0], "words that nobody has heard of"]
    before, after = old.raw_proba(texts), probabilities(learner, texts)
    mine = [material.space.names.index(name) for name in old.space.names]
    if system == "cl-mil":  # the encoder reads the new labels too
        assert after.shape == (13, 4)
    else:
        np.testing.assert_allclose(after[:, mine], before, atol=1e-6)
    fresh = family_of(system).learner(learner.recipe, material)
    assert first_loss(learner, material) < first_loss(fresh, material)


def probabilities(learner: Any, texts: list[str]) -> np.ndarray:
    ids = learner.reader.ids(texts)
    width = max(map(len, ids))
    padded = torch.tensor([row + [0] * (width - len(row)) for row in ids])
    with torch.no_grad():
        said = learner.network(padded, torch.tensor([*map(len, ids)])).probabilities
    return said.numpy()


def test_the_same_labels_give_the_same_scores_in_cl_mil(models):
    learner, material = begun(models["cl-mil"], of_labels(toy_corpus(), HALF))
    old, texts = Predictor.load(models["cl-mil"]), toy_documents(9, 3)[0]
    assert material.space.names == old.space.names  # labels follow the text in this order
    np.testing.assert_allclose(probabilities(learner, texts), old.raw_proba(texts), atol=1e-5)


def test_new_words_are_learnt_and_old_ones_keep_their_ids(models):
    learner, _ = begun(models["cnn"], toy_corpus())
    old = Predictor.load(models["cnn"]).scorer.reader.vocabulary.words
    new = learner.reader.vocabulary.words
    assert new[: len(old)] == old
    assert "old" in old
    table = learner.network.embedding.table.weight
    assert len(table) == len(new) + 2
    assert table.requires_grad


@pytest.mark.parametrize("system", ["bert", "cnn"])
def test_a_whole_run_learns_the_new_labels(models, system, tmp_path):
    start = read_start(models[system])
    told = Notes()
    recipe = start.recipe(overrides=["training.epochs=6"])
    result = train(toy_corpus(120), recipe, tmp_path / "on", start=start, progress=told)
    assert result.metrics["started_from"] == start.weights
    assert result.metrics["validation"]["micro_f1"] > 0.6
    assert any(one.startswith("2 labels go on from the model; 2 are new") for one in told.said)
    model = Predictor.load(tmp_path / "on")
    found = model.predict(["wave tide wave reef", "apple pear plum apple"]).probabilities
    sea, fruit = (model.space.names.index(name) for name in ("sea", "fruit"))
    assert found[0, sea] > found[1, sea]
    assert found[1, fruit] > found[0, fruit]


def test_a_run_may_go_on_with_another_loss(models):
    start = read_start(models["bert"])
    wanted = start.recipe(overrides=["balance.enabled=true", "rdrop.enabled=true"])
    assert (wanted.balance.enabled, wanted.rdrop.enabled) == (True, True)


class Notes(ProgressListener):
    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, sentence: str) -> None:
        self.said.append(sentence)


def test_dropped_labels_are_told():
    from clmil.nn.transfer import TransferReport

    report = TransferReport(kept=("a",), fresh=tuple("uvwxyz"), dropped=("b",))
    assert sentences(report) == (
        "1 labels go on from the model; 6 are new (u, v, w, x, y, ...); "
        "1 of its labels are dropped (b).",
    )


class Stop(ProgressListener):
    """Ends a run at its first validation, as Ctrl-C would."""

    def scores(self, stage: str, epoch: float, scores: dict[str, float], best: bool) -> None:
        raise KeyboardInterrupt


def test_an_interrupted_run_resumes_unless_the_model_changed(models, tmp_path):
    corpus, folder = toy_corpus(), tmp_path / "model"
    copy_of(models["cnn"], folder)
    recipe = read_start(folder).recipe(overrides=["training.epochs=2"])
    train(corpus, recipe, tmp_path / "whole", start=read_start(folder))
    with pytest.raises(KeyboardInterrupt):
        train(corpus, recipe, tmp_path / "cut", start=read_start(folder), progress=Stop())
    noted = read_json(tmp_path / "cut" / "training" / "run.json")
    assert noted["model to start from"] == read_start(folder).weights
    for other in (None, read_start(models["lsan"])):
        with pytest.raises((ModelError, RecipeError), match=r"model to start from|recipe"):
            train(corpus, recipe, tmp_path / "cut", start=other, resume=True)
    train(corpus, recipe, tmp_path / "cut", start=read_start(folder), resume=True)
    weights = "model.safetensors"
    assert (tmp_path / "cut" / weights).read_bytes() == (tmp_path / "whole" / weights).read_bytes()


def copy_of(model: Path, folder: Path) -> None:
    folder.mkdir()
    for file in model.iterdir():
        if file.is_file():
            (folder / file.name).write_bytes(file.read_bytes())


def test_its_own_recipe_is_the_default_and_its_architecture_stands(models):
    start = read_start(models["cl-mil"])
    assert start.recipe().plain() == start.facts.recipe
    changed = start.recipe(overrides=["training.epochs=9", "classifier.dropout=0.2", "seed=4"])
    assert (changed.training.epochs, changed.classifier.dropout, changed.seed) == (9, 0.2, 4)
    with pytest.raises(
        RecipeError, match=r"cil\.width is 8, but 16 in the model .*without that model"
    ):
        start.recipe(overrides=["cil.width=8"])
    with pytest.raises(RecipeError, match=r"is of the system cl-mil, from which bert cannot"):
        start.recipe(system="bert")


def test_what_goes_on_from_no_model_says_so_before_a_folder_is_made(models, tmp_path):
    start = read_start(models["linear"])
    with pytest.raises(RecipeError, match="linear goes on from no model: it is trained anew"):
        train(toy_corpus(), start.recipe(), tmp_path / "on", start=start)
    assert not (tmp_path / "on").exists()


def test_no_common_label_and_exported_models_are_told(models, tmp_path):
    start = read_start(models["cnn"])
    with pytest.raises(ModelError, match="share no label"):
        train(
            of_labels(toy_corpus(), ("sea", "rare")), start.recipe(), tmp_path / "on", start=start
        )
    with pytest.raises(ModelError, match="was exported"):
        read_start(Path(__file__).parents[1] / "runtime" / "exported")


def test_the_estimator_goes_on_from_a_model(models):
    from clmil import TextClassifier

    texts, labels = toy_documents(80, 0)
    classifier = TextClassifier(from_model=models["cnn"], overrides=["training.epochs=1"])
    classifier.fit(texts, labels)
    assert classifier.predictor_.facts.system == "cnn"
    assert classifier.classes_.tolist() == ["fruit", "metal", "rare", "sea"]
