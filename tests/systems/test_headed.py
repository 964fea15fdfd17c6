"""LACO and CL-BERT+kNN: their recipes, number formats, and the store of neighbours."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from clmil.data.corpus import Corpus, from_lists
from clmil.decisions.neighbours import unit_length
from clmil.errors import ModelError, RecipeError
from clmil.runtime.explaining import explain
from clmil.runtime.predictor import Predictor
from clmil.storage.neighbours import STORE, load_store
from clmil.systems.recipe import load_recipe
from clmil.systems.start import read_start
from clmil.training.run import train
from tests.systems.every import tiny_recipe
from tests.tiny import toy_corpus, toy_documents

TEXTS = toy_documents(20, 9)[0]


@pytest.fixture(scope="module", params=["laco-plcp", "cl-bert-knn"])
def folder(
    request: pytest.FixtureRequest, encoder: str, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    made = tmp_path_factory.mktemp("headed") / "model"
    train(toy_corpus(), tiny_recipe(request.param, encoder, "training.epochs=2"), made)
    return made


@pytest.fixture(scope="module")
def knn(encoder: str, tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    """Return a model whose training part has a document that nobody has annotated."""
    made = tmp_path_factory.mktemp("knn") / "model"
    texts, labels = toy_documents(40, 3)
    corpus = Corpus(
        name="toy",
        train=from_lists(texts, [None, *labels[1:]]),
        validation=from_lists(*toy_documents(30, 4)),
        test=None,
        descriptions={},
        notes=(),
    )
    more = ("training.epochs=2", "votes.weights=[0.5]")
    train(corpus, tiny_recipe("cl-bert-knn", encoder, *more), made)
    return Predictor.load(made)


@pytest.mark.parametrize(("precision", "within"), [("bf16", 0.05), ("int8", 0.2)])
def test_other_number_formats_say_nearly_the_same(
    folder: Path, precision: str, within: float
) -> None:
    exact = Predictor.load(folder)
    try:
        rough = Predictor.load(folder, precision=precision)
    except RecipeError as error:
        pytest.skip(str(error))
    assert (exact.precision, rough.precision) == ("fp32", precision)
    np.testing.assert_allclose(rough.raw_proba(TEXTS), exact.raw_proba(TEXTS), atol=within)


def test_a_loaded_scorer_can_be_pickled(folder: Path) -> None:
    predictor = Predictor.load(folder)
    again = pickle.loads(pickle.dumps(predictor.scorer))
    assert np.array_equal(again.answer(TEXTS).probabilities, predictor.raw_proba(TEXTS))


@pytest.mark.parametrize("method", ["own", "occlusion"])
def test_its_own_network_explains_it(folder: Path, method: str) -> None:
    predictor = Predictor.load(folder)
    assert predictor.network.own_head is not None
    text, label = TEXTS[0], predictor.space.names[0]
    (found,) = explain(predictor, [text], labels=[label], method=method)
    assert "gradient" in found.method
    assert {word.word for word in found.labels[0].words} <= set(text.split())
    assert any(word.score for word in found.labels[0].words)


def test_the_store_holds_annotated_training_texts_as_the_network_sees_them(knn: Predictor) -> None:
    assert knn.folder is not None
    store, choice = load_store(knn.folder)
    assert store.texts.shape == (39, 32)
    assert store.targets.shape == (39, 4)
    assert choice.weight == 0.5
    assert choice.neighbours in (2, 5)
    texts = toy_documents(40, 3)[0][1:]
    network = knn.scorer.network  # type: ignore[attr-defined]
    from clmil.systems.neighbour_scorer import look_at

    ids = knn.scorer.base.reader.ids(texts)  # type: ignore[attr-defined]
    seen = look_at(network, ids)
    directions = unit_length(seen.texts)  # as the default contrasts them
    np.testing.assert_allclose(directions, store.texts, atol=1e-5)
    # The prediction is the mixture: by hand, for one training text and its own row.
    vote = _vote(store, directions[3], choice.neighbours, choice.temperature)
    expected = (seen.probabilities[3] + vote) / 2
    np.testing.assert_allclose(knn.raw_proba([texts[3]])[0], expected, atol=1e-4)


def _vote(store: object, query: np.ndarray, k: int, temperature: float = 1.0) -> np.ndarray:
    texts, targets = store.texts, store.targets  # type: ignore[attr-defined]
    apart = np.linalg.norm(texts.astype(np.float64) - query, axis=1)
    near = np.argsort(apart, kind="stable")[:k]
    weights = np.exp(-apart[near] / temperature)
    vote: np.ndarray = (weights[:, None] * (targets[near] == 1)).sum(axis=0) / weights.sum()
    return vote


@pytest.fixture(scope="module")
def voted(encoder: str, tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    """Return a model of CL-MIL's heads beside which training texts vote."""
    made = tmp_path_factory.mktemp("voted") / "model"
    more = ("neighbours.enabled=true", "neighbours.counts=[3]", "neighbours.weights=[0.4]")
    train(toy_corpus(), tiny_recipe("mil", encoder, "training.epochs=2", *more), made)
    return Predictor.load(made)


def test_training_texts_vote_beside_cl_mil_too(voted: Predictor) -> None:
    from clmil.nn.predict import predict_tokens
    from clmil.systems.neighbour_scorer import look_at

    assert voted.folder is not None
    store, choice = load_store(voted.folder)
    assert (choice.neighbours, choice.weight) == (3, 0.4)
    ids = voted.scorer.reader.ids(TEXTS)  # type: ignore[attr-defined]
    seen = look_at(voted.network, ids)
    alone = predict_tokens(voted.network, ids)
    np.testing.assert_allclose(seen.probabilities, alone, atol=1e-5)
    mixed = 0.6 * alone[7] + 0.4 * _vote(store, seen.texts[7], 3)
    np.testing.assert_allclose(voted.raw_proba(TEXTS)[7], mixed, atol=1e-4)
    card = (voted.folder / "README.md").read_text(encoding="utf-8")
    assert "the votes of the 3 nearest training texts with the weight 0.4" in card


def test_a_graph_cannot_hold_votes(voted: Predictor, tmp_path: Path) -> None:
    from clmil.runtime.exporting import export_model

    assert voted.folder is not None
    with pytest.raises(ModelError, match=r"train with neighbours\.enabled=false"):
        export_model(voted.folder, tmp_path / "exported")


def test_a_model_with_votes_is_gone_on_from(voted: Predictor, encoder: str, tmp_path: Path) -> None:
    assert voted.folder is not None
    start, more = read_start(voted.folder), ("training.epochs=1", "neighbours.enabled=true")
    train(toy_corpus(), tiny_recipe("mil", encoder, *more), tmp_path / "model", start=start)
    assert Predictor.load(tmp_path / "model").raw_proba(TEXTS).shape == (20, 4)


def test_a_damaged_store_is_told_in_a_sentence(knn: Predictor, tmp_path: Path) -> None:
    knn.save(tmp_path / "model")
    file = tmp_path / "model" / STORE
    file.write_bytes(file.read_bytes()[:40])
    with pytest.raises(ModelError, match="missing or damaged"):
        Predictor.load(tmp_path / "model")
    file.unlink()
    with pytest.raises(ModelError, match="missing or damaged"):
        Predictor.load(tmp_path / "model")


def test_paper_recipes_hold_what_was_published() -> None:
    laco = load_recipe("paper", system="laco-clcp")
    assert (laco.laco.conv, laco.laco.kernel, laco.laco.task) == ("conv2d", 10, "conditional")
    assert (laco.encoder.max_length, laco.training.learning_rate) == (320, 5e-5)
    assert (laco.training.warmup, laco.training.epochs) == (0.1, 100)
    off = laco.classifier
    assert [off.skip, off.normalise, off.prior_bias] == [False] * 3
    knn = load_recipe("paper", system="cl-bert-knn")
    assert not knn.labels.joint
    assert (knn.contrast.weight, knn.contrast.temperature) == (0.1, 5.0)
    assert knn.votes.counts == (5, 10, 20, 30, 50)


def test_settings_that_do_not_fit_are_refused() -> None:
    with pytest.raises(RecipeError, match="LACO needs label tokens"):
        load_recipe("default", system="laco", overrides=["labels.joint=false"])
    with pytest.raises(RecipeError, match=r"votes\.weights"):
        load_recipe("default", system="cl-bert-knn", overrides=["votes.weights=[2.0]"])
    for system in ("laco", "cl-bert-knn"):
        for part in ("balance", "rdrop"):
            with pytest.raises(RecipeError, match=f"has no key '{part}'"):
                load_recipe("default", system=system, overrides=[f"{part}.enabled=true"])
