"""What every system has to do, whatever it is: learn, save, load, and answer alike."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clmil
from clmil.data.corpus import Corpus, from_lists
from clmil.errors import ClmilError, DataError, RecipeError
from clmil.labels.space import LabelSpace
from clmil.runtime.explaining import explain
from clmil.runtime.predictor import Predictor
from clmil.systems.material import Material
from clmil.systems.recipe import load_recipe
from clmil.systems.registry import SYSTEMS, family_of
from clmil.systems.stages import GradientStage, Place
from clmil.training.run import train
from tests.systems.every import EVERY, WORDS, overrides_of, tiny_recipe
from tests.tiny import toy_documents

TEXTS, LABELS = toy_documents(32, 3)
NAMES = ("fruit", "metal", "sea", "rare")
TARGETS = np.array([[name in row for name in NAMES] for row in LABELS], dtype=np.int8)
LEARNED = 0.95
LIKE_OTHERS = (
    *("mil", "dil", "fil", "cil", "bert-joint", "bert-joint+clrl", "laco", "laco-plcp"),
    *("leam-labelwise", "lsan", "sgm", "sgm-ge"),
)
"""Systems of which another one trains the same code, more or less."""

every_system = pytest.mark.parametrize(
    "system",
    [
        pytest.param(name, marks=[pytest.mark.slow] if name in LIKE_OTHERS else [])
        for name in SYSTEMS
    ],
)


def corpus() -> Corpus:
    """Return 32 documents to be learned by heart: training and validation are the same."""
    part = from_lists(TEXTS, LABELS)
    return Corpus(name="toy", train=part, validation=part, test=None, descriptions={}, notes=())


@pytest.fixture(scope="module")
def model(
    encoder: str, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], tuple[Path, dict[str, Any]]]:
    """Return folder and metrics of a system that has learned the corpus, trained once."""
    done: dict[str, tuple[Path, dict[str, Any]]] = {}

    def trained(system: str) -> tuple[Path, dict[str, Any]]:
        if system not in done:
            folder = tmp_path_factory.mktemp("every") / "model"
            result = train(corpus(), tiny_recipe(system, encoder), folder)
            done[system] = folder, result.metrics
        return done[system]

    return trained


def test_every_system_has_an_entry() -> None:
    assert sorted(EVERY) == sorted(SYSTEMS)


@every_system
def test_it_learns_32_documents_by_heart(system: str, model: Any) -> None:
    """Also in eval mode and after loading, which catches labels in a wrong order."""
    folder, metrics = model(system)
    assert metrics["validation"]["micro_f1"] > LEARNED
    predictor = Predictor.load(folder)
    names = predictor.space.names
    wanted = np.array([[name in row for name in names] for row in LABELS])
    said = predictor.answer(TEXTS)
    decided = said.probabilities > 0.5 if said.sets is None else said.sets == 1
    assert 2 * (wanted & decided).sum() / (wanted.sum() + decided.sum()) > LEARNED


@every_system
def test_saving_and_loading_change_nothing(system: str, model: Any, tmp_path: Path) -> None:
    first = Predictor.load(model(system)[0])
    first.save(tmp_path / "again")
    second = Predictor.load(tmp_path / "again")
    assert second.space == first.space
    assert (second.recipe, second.facts.metrics) == (first.recipe, first.facts.metrics)
    assert np.array_equal(first.raw_proba(TEXTS), second.raw_proba(TEXTS))
    classifier = clmil.load(tmp_path / "again")
    columns = [second.space.names.index(name) for name in classifier.classes_]
    expected = first.predict(TEXTS)
    probabilities = classifier.predict_proba(TEXTS)
    assert np.array_equal(probabilities, expected.probabilities[:, columns])
    assert np.array_equal(classifier.predict(TEXTS), expected.decided[:, columns])


@every_system
def test_the_estimator_takes_unknown_cells(system: str, encoder: str) -> None:
    short = [] if system in ("linear", "blend") else ["training.epochs=1"]
    cells = TARGETS.copy()
    cells[::3, 1] = -1
    cells[4] = -1
    classifier = clmil.TextClassifier(
        system=system, overrides=[*overrides_of(system, encoder), *short]
    )
    assert classifier.fit(TEXTS, cells) is classifier
    assert len(classifier.classes_) == 4
    probabilities = classifier.predict_proba(TEXTS[:5])
    assert probabilities.shape == classifier.predict(TEXTS[:5]).shape == (5, 4)
    assert np.isfinite(probabilities).all()
    assert set(np.unique(classifier.predict(TEXTS))) <= {0, 1}


@every_system
def test_faults_are_told_in_a_sentence(system: str, encoder: str, tmp_path: Path) -> None:
    nothing = replace(corpus(), train=from_lists(TEXTS, [None] * len(TEXTS)))
    with pytest.raises(DataError) as told:
        train(nothing, tiny_recipe(system, encoder), tmp_path / "model")
    assert str(told.value).endswith(".")
    assert "\n" not in str(told.value)
    assert not (tmp_path / "model").exists()
    with pytest.raises(RecipeError, match=r"no key 'training\.epoch_s'"):
        load_recipe("default", system=system, overrides=["training.epoch_s=1"])


@pytest.mark.parametrize("system", [name for name, told in EVERY.items() if WORDS[-1] in told])
def test_bad_vectors_are_told_before_the_work_begins(
    system: str, encoder: str, tmp_path: Path
) -> None:
    vectors = tmp_path / "vectors.txt"
    vectors.write_text("apple 0.1 0.2\npear 0.1\n")
    recipe = tiny_recipe(system, encoder, f"words.vectors={vectors}")
    with pytest.raises(ClmilError, match=r"vectors\.txt"):
        train(corpus(), recipe, tmp_path / "model")
    assert not (tmp_path / "model").exists()


@every_system
def test_an_answer_depends_on_its_text_alone(system: str, model: Any) -> None:
    """Neither on what else is in the batch, nor on order, nor on padding."""
    predictor = Predictor.load(model(system)[0])
    texts = [*TEXTS[:6], "", "comet", " ".join(TEXTS)]
    expected = predictor.answer(texts)
    assert expected.probabilities.shape == (9, 4)
    assert expected.probabilities.dtype == np.float32
    assert ((expected.probabilities >= 0) & (expected.probabilities <= 1)).all()
    order = np.random.default_rng(0).permutation(len(texts))
    shuffled = predictor.answer([texts[place] for place in order])
    for batch_size in (1, 2, 32):
        actual = predictor.answer(texts, batch_size)
        np.testing.assert_allclose(actual.probabilities, expected.probabilities, atol=1e-5)
        if expected.sets is not None:
            assert np.array_equal(actual.sets, expected.sets)
    np.testing.assert_allclose(shuffled.probabilities, expected.probabilities[order], atol=1e-5)
    assert predictor.answer([]).probabilities.shape == (0, 4)


def material() -> Material:
    """Return the corpus as learners see it."""
    part = from_lists(TEXTS, LABELS)
    counts = tuple(int(count) for count in TARGETS.sum(axis=0))
    space = LabelSpace(names=NAMES, descriptions=("",) * 4, counts=counts, documents=len(TEXTS))
    return Material(
        train=part,
        validation=part,
        train_targets=TARGETS,
        validation_targets=TARGETS,
        space=space,
    )


@pytest.mark.parametrize(
    "system", [name for name in SYSTEMS if family_of(name).needs_torch and name != "blend"]
)
def test_every_parameter_learns(system: str, encoder: str, tmp_path: Path) -> None:
    """The public code of LACO never trains its heads. Weights that start at 0 hold the gradient
    back for a step, so three are made."""
    import torch

    learner = family_of(system).learner(tiny_recipe(system, encoder), material())
    learner.read(tmp_path / "cache")
    learned: set[str] = set()
    network = learner.network.train()
    for stage in learner.stages(Place()):
        if not isinstance(stage, GradientStage):
            continue
        stage.begin()
        optimiser = torch.optim.SGD(network.parameters(), lr=0.01)
        stage.model.train()
        for rows, _ in zip(stage.data.train_batches, range(3), strict=False):
            optimiser.zero_grad()
            stage.model(**stage.data.train.__getitems__(rows))["loss"].backward()
            optimiser.step()
            learned |= {
                name
                for name, values in network.named_parameters()
                if values.grad is not None and values.grad.abs().sum() > 0
            }
    assert {name for name, values in network.named_parameters() if values.requires_grad} == learned


@every_system
def test_it_explains_itself(system: str, model: Callable[..., Any]) -> None:
    predictor = Predictor.load(model(system)[0])
    found = explain(predictor, [*TEXTS[:2], ""], labels=["fruit", "sea"])
    for text, one in zip(TEXTS[:2], found[:2], strict=True):
        for label in one.labels:
            assert label.words
            assert all(text[word.start : word.end] == word.word for word in label.words)
    assert not any(label.words for label in found[2].labels)
