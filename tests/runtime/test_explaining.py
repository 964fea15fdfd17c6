"""Explanations: what is asked comes back, words stand where they say, cuts are what they claim."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from clmil.decisions.answers import Answers
from clmil.decisions.rule import DecisionRule
from clmil.errors import DataError, ModelError, RecipeError
from clmil.labels.space import LabelSpace
from clmil.runtime.evidence import log_odds
from clmil.runtime.explaining import METHODS, explain
from clmil.runtime.explanation import Explanation
from clmil.runtime.network_words import CANDIDATES, OccludedWords
from clmil.runtime.predictor import Predictor
from clmil.storage.encoders import load_encoder
from clmil.storage.folder import ModelFacts
from clmil.systems.encoder_scorer import scorer_of
from clmil.systems.linear import LinearScorer
from clmil.systems.linear_model import LinearModel
from clmil.systems.reading import EncoderReader
from tests.tiny import save_encoder, tiny_network, toy_documents

TEXT = "the apple, and some iron of the wave"
PAIR = LabelSpace.from_counts({"fruit": 3, "metal": 2}, documents=9)
SPACE = LabelSpace.from_counts({"a": 5, "b": 4, "c": 2, "d": 1}, documents=9)


@pytest.fixture(scope="module")
def predictor(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    encoder = load_encoder(save_encoder(tmp_path_factory.mktemp("encoder")))
    facts = ModelFacts(space=SPACE, recipe={}, metrics={}, rule=DecisionRule.fixed(4))
    reader = EncoderReader(encoder.tokenizer, 300)
    return Predictor(facts=facts, scorer=scorer_of(tiny_network().eval(), reader, 4))


def well_formed(found: Explanation) -> None:
    for label in found.labels:
        sizes = [abs(word.score) for word in label.words]
        assert sizes == sorted(sizes, reverse=True)
        for word in label.words:
            assert found.text[word.start : word.end] == word.word


def test_a_score_is_what_the_label_loses_without_the_word(predictor: Predictor) -> None:
    (found,) = explain(predictor, [TEXT], labels=["b"], method="occlusion", top=None)
    well_formed(found)
    (label,) = found.labels
    assert {word.word for word in label.words} == set(TEXT.replace(",", " ,").split())
    whole = log_odds(predictor.raw_proba([TEXT]))[0, 1]
    for word in label.words:
        rest = log_odds(predictor.raw_proba([TEXT[: word.start] + TEXT[word.end :]]))[0, 1]
        assert word.score == pytest.approx(whole - rest, abs=1e-4)


def test_predicted_labels_most_probable_first(predictor: Predictor) -> None:
    texts = toy_documents(4, 1)[0]
    sure = predictor.with_rule(DecisionRule.fixed(4).with_thresholds(0.0))
    probabilities = predictor.predict_proba(texts)
    for found, row in zip(explain(sure, texts, top=3), probabilities, strict=True):
        well_formed(found)
        assert [label.label for label in found.labels] == [SPACE.names[k] for k in np.argsort(-row)]
        assert all(label.predicted and len(label.words) == 3 for label in found.labels)
        assert len(found.together) == 6
        strengths = [tie.strength for tie in found.together]
        assert strengths == sorted(strengths, reverse=True)
        assert 0 <= strengths[-1] <= strengths[0] <= 1


@pytest.mark.parametrize("fine", [True, False])
def test_a_long_text_has_candidates_alone_scored(predictor: Predictor, fine: bool) -> None:
    """As if all had been scored: the candidates' scores do not depend on how they were named."""
    text = " ".join(toy_documents(6, 5)[0])
    every, some = (OccludedWords(predictor, fine=fine).words(text, [1], top) for top in (None, 2))
    known = ~np.isnan(some.scores[0])
    assert known.sum() == CANDIDATES
    np.testing.assert_allclose(some.scores[0, known], every.scores[0, known], atol=1e-4)


def test_own_scores_come_from_half_way(predictor: Predictor) -> None:
    (found,) = explain(predictor, [TEXT], labels=["a"], top=None)
    well_formed(found)
    assert found.method == "half-way-gradients"
    assert len(found.labels[0].words) == 9


def test_asked_labels_in_the_order_asked(predictor: Predictor) -> None:
    (found,) = explain(predictor, [TEXT], labels=["d", "a", "d"])
    assert [label.label for label in found.labels] == ["d", "a"]


def test_integrated_gradients_score_every_word(predictor: Predictor) -> None:
    pytest.importorskip("captum")
    (found,) = explain(predictor, [TEXT], labels=["a"], method="integrated-gradients", top=None)
    well_formed(found)
    assert found.method == "integrated-gradients"
    assert len(found.labels[0].words) == 9


@pytest.mark.parametrize("text", ["", "  "])
def test_blank_texts_have_no_words(predictor: Predictor, text: str) -> None:
    for method in METHODS:
        (found,) = explain(predictor, [text], labels=["a", "b"], method=method)
        assert [label.words for label in found.labels] == [(), ()]
        assert len(found.together) == 1


def test_no_label_predicted(predictor: Predictor) -> None:
    never = predictor.with_rule(DecisionRule.fixed(4).with_thresholds(1.0))
    (found,) = explain(never, [TEXT])
    assert (found.labels, found.together) == ((), ())


def test_what_cannot_be_asked(predictor: Predictor) -> None:
    with pytest.raises(DataError, match="'nothing' is no label"):
        explain(predictor, [TEXT], labels=["nothing"])
    with pytest.raises(RecipeError, match="one of own, occlusion, integrated-gradients"):
        explain(predictor, [TEXT], method="magic")
    for top in ("3", 1.5, True):
        with pytest.raises(RecipeError, match="words cannot be shown; give a whole number of 1"):
            explain(predictor, [TEXT], top=top)  # type: ignore[arg-type]
    for labels in (5, "fruit"):
        with pytest.raises(DataError, match=r"labels is .*; give a list of label names"):
            explain(predictor, [TEXT], labels=labels)  # type: ignore[arg-type]
    for label in (5, ["a"]):
        with pytest.raises(DataError, match="is no label of this model"):
            explain(predictor, [TEXT], labels=[label])  # type: ignore[list-item]
    with pytest.raises(RecipeError, match="give a whole number of 1 or more"):
        explain(predictor, [TEXT], top=0)


def pair_of(scorer: Any) -> Predictor:
    facts = ModelFacts(space=PAIR, recipe={}, metrics={}, rule=DecisionRule.fixed(2))
    return Predictor(facts=facts, scorer=scorer)


def test_a_linear_model_tells_its_weights() -> None:
    texts, labels = toy_documents(60, 0)
    targets = np.array([[n in row for n in ("fruit", "metal")] for row in labels], dtype=np.int8)
    fitted = LinearModel().fit(texts, targets)
    predictor = pair_of(LinearScorer(fitted))
    (found,) = explain(predictor, ["the Apple of some iron"], labels=["fruit"])
    well_formed(found)
    assert found.method == "linear-weights"
    assert found.labels[0].words[0].word == "Apple"
    (cut,) = explain(predictor, ["the Apple of some iron"], labels=["fruit"], method="occlusion")
    assert (cut.method, cut.labels[0].words[0].word) == ("occlusion", "Apple")
    with pytest.raises(ModelError, match="use the method own"):
        explain(predictor, [TEXT], method="integrated-gradients")


def test_any_other_system_has_its_words_cut_out() -> None:
    def answer(texts: list[str], batch_size: int = 32) -> Answers:
        rows = [[0.9 if "pear" in text else 0.2, 0.6] for text in texts]
        return Answers(probabilities=np.array(rows, dtype=np.float32))

    scorer = SimpleNamespace(answer=answer, precision="fp32", decides=False)
    (found,) = explain(pair_of(scorer), ["a pear!"])
    well_formed(found)
    assert found.method == "occlusion"
    assert [label.label for label in found.labels] == ["fruit", "metal"]
    best = found.labels[0].words[0]
    assert (best.word, best.start) == ("pear", 2)
    assert best.score == pytest.approx(np.log(9) - np.log(0.25), rel=1e-4)
    assert found.labels[1].words[0].score == 0
