"""Documents and cells that nobody has annotated: they change nothing that is learnt or scored."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from clmil.data.corpus import Corpus, from_lists
from clmil.data.targets import encode_targets
from clmil.labels.negatives import low_frequency
from clmil.labels.space import LabelSpace
from clmil.nn.heads import ClassifierHead
from clmil.runtime.predictor import Predictor
from clmil.storage.folder import read_facts
from clmil.systems.recipe import Recipe, load_recipe
from clmil.training.run import train
from tests.tiny import FAST, toy_corpus, toy_documents


def partial_corpus(number: int = 60) -> Corpus:
    """Every fifth document is not annotated; a third of the others hide `sea`."""
    texts, labels = toy_documents(number, 0)
    given: list[Any] = list(labels)
    unknown: list[list[str]] = [[] for _ in texts]
    for row in range(number):
        if row % 5 == 0:
            given[row] = None
        elif row % 3 == 0:
            given[row] = [name for name in labels[row] if name != "sea"]
            unknown[row] = ["sea"]
    held_texts, held_labels = toy_documents(30, 1)
    held_out = [None if row % 6 == 0 else names for row, names in enumerate(held_labels)]
    hidden = [["fruit"] if row % 7 == 1 else [] for row in range(30)]
    kept = [
        names if names is None else [name for name in names if name not in gone]
        for names, gone in zip(held_out, hidden, strict=True)
    ]
    return replace(
        toy_corpus(),
        train=from_lists(texts, given, unknown=unknown),
        validation=from_lists(held_texts, kept, unknown=hidden),
        descriptions={},
    )


def recipe(encoder: str, *more: str) -> Recipe:
    settings = [*FAST, f"encoder.name={encoder}", "training.epochs=1", *more]
    return load_recipe(overrides=settings)


@pytest.fixture(scope="module")
def trained(encoder: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("partial") / "model"
    result = train(partial_corpus(), recipe(encoder), folder)
    assert result.metrics["validation"]["documents"] == 25
    return folder


def test_the_model_remembers_how_many_documents_each_frequency_is_known_from(
    trained: Path,
) -> None:
    space = read_facts(trained).space
    targets = encode_targets(partial_corpus().train, space.names, where="train")
    assert space.known_documents.tolist() == (targets >= 0).sum(axis=0).tolist()
    assert list(space.counts) == (targets == 1).sum(axis=0).tolist()
    assert space.known_documents[space.index["sea"]] < space.documents == 48


def test_what_hidden_labels_really_were_changes_nothing(
    trained: Path, encoder: str, tmp_path: Path
) -> None:
    """A document without annotation is not read: other words in it give the same weights."""
    corpus = partial_corpus()
    texts = list(corpus.train["text"])
    texts[0::5] = ["wave tide reef sea comet"] * len(texts[0::5])
    other = from_lists(texts, corpus.train["labels"], unknown=corpus.train["unknown"])
    train(replace(corpus, train=other), recipe(encoder), tmp_path / "model")
    first, second = (load_file(at / "model.safetensors") for at in (trained, tmp_path / "model"))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_biases_start_at_the_odds_among_known_documents(
    encoder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clmil.training.conduct.run_stage", lambda *_: {})
    still = recipe(encoder, "classifier.prior_bias=true", "contrastive.enabled=false")
    train(partial_corpus(), still, tmp_path / "model")
    model = Predictor.load(tmp_path / "model")
    targets = encode_targets(partial_corpus().train, model.space.names, where="train")
    positive, negative = ((targets == kind).sum(axis=0) for kind in (1, 0))
    odds = np.log((positive + 0.5) / (negative + 0.5))
    heads = [part for part in model.network.modules() if isinstance(part, ClassifierHead)]
    assert heads
    for head in heads:
        np.testing.assert_allclose(head.linear.bias.detach().numpy(), odds, rtol=1e-5)


def test_frequency_is_judged_among_known_documents() -> None:
    space = LabelSpace(
        names=("a", "b"), descriptions=("", ""), counts=(60, 4), documents=1346, known=(1346, 90)
    )
    groups = {name: columns.tolist() for name, columns in space.groups().items()}
    assert groups == {"head": [], "mid": [0, 1], "tail": []}
    assert not low_frequency(space.counts, space.known_documents).any()
    assert LabelSpace.from_json(space.to_json()) == space
    full = replace(space, known=())
    assert "known_documents" not in str(full.to_json())
    assert full.groups()["tail"].tolist() == [1]
