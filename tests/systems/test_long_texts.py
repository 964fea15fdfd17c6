"""Texts longer than the encoder's window, from training to an answer."""

from pathlib import Path

import numpy as np
import pytest

from clmil.data.corpus import Corpus, from_lists
from clmil.runtime.explaining import METHODS, explain
from clmil.runtime.predictor import Predictor
from clmil.training.run import train
from tests.systems.every import tiny_recipe
from tests.tiny import TOPICS, toy_documents

WINDOW = 24
BEFORE = 30
"""Words that say nothing, more than a window takes, and then what tells the labels."""


def corpus() -> Corpus:
    texts, labels = toy_documents(32, 3)
    long = [" ".join(["the"] * BEFORE + [text]) for text in texts]
    part = from_lists(long, labels)
    return Corpus(name="long", train=part, validation=part, test=None, descriptions={}, notes=())


def learned(folder: Path, encoder: str, windows: int, system: str, *more: str) -> Predictor:
    settings = (f"encoder.max_length={WINDOW}", f"encoder.windows={windows}")
    recipe = tiny_recipe(system, encoder, *settings, "training.epochs=20", *more)
    train(corpus(), recipe, folder)
    return Predictor.load(folder)


def found_right(predictor: Predictor) -> float:
    """Return the share of the label cells of the corpus that are right."""
    part = corpus().train
    names = predictor.space.names
    targets = np.array([[name in row for name in names] for row in part["labels"]])
    return float((predictor.predict(part["text"]).decided == targets).mean())


@pytest.mark.parametrize("system", ["bert", "laco"])
def test_what_stands_past_the_first_window_is_learned(
    system: str, encoder: str, tmp_path: Path
) -> None:
    cut = learned(tmp_path / "cut", encoder, 1, system)
    whole = learned(tmp_path / "whole", encoder, 3, system)
    assert found_right(whole) > 0.95 > found_right(cut) + 0.05
    card = (tmp_path / "whole" / "README.md").read_text(encoding="utf-8")
    assert "word pieces are read, in up to 3 windows." in " ".join(card.split())


def test_words_past_the_first_window_are_named(encoder: str, tmp_path: Path) -> None:
    adapting = ("adaptation.enabled=true", "adaptation.max_length=900", "adaptation.max_steps=3")
    predictor = learned(tmp_path / "model", encoder, 3, "mil", *adapting)
    assert found_right(predictor) > 0.95
    for method in METHODS:
        (nothing,) = explain(predictor, [""], labels=["fruit", "sea"], method=method)
        assert [label.words for label in nothing.labels] == [(), ()]
        assert len(nothing.together) == 1
    texts = [row["text"] for row in corpus().train if len(row["labels"]) == 1][:4]
    named = [
        label.words[0].word in TOPICS[label.label]
        for found in explain(predictor, texts)
        for label in found.labels
        if label.predicted
    ]
    assert len(named) >= 4
    assert np.mean(named) > 0.7
