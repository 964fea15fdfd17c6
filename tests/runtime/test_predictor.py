"""Predictions do not depend on company, order or padding."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from clmil.decisions.answers import Answers
from clmil.decisions.calibration import Temperature
from clmil.decisions.rule import DecisionRule
from clmil.errors import ModelError, RecipeError
from clmil.labels.space import LabelSpace
from clmil.runtime.predictor import Predictor
from clmil.storage.encoders import load_encoder
from clmil.storage.folder import ModelFacts
from clmil.systems.encoder_scorer import scorer_of
from clmil.systems.reading import EncoderReader
from tests.tiny import save_encoder, tiny_network, toy_documents


@pytest.fixture(scope="module")
def predictor(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    encoder = load_encoder(save_encoder(tmp_path_factory.mktemp("encoder")))
    counts = {"a": 5, "b": 4, "c": 2, "d": 1}
    facts = ModelFacts(
        space=LabelSpace.from_counts(counts, documents=9),
        recipe={},
        metrics={},
        rule=DecisionRule.fixed(4),
    )
    scorer = scorer_of(tiny_network().eval(), EncoderReader(encoder.tokenizer, 50), 4)
    return Predictor(facts=facts, scorer=scorer)


def test_alone_in_any_batch_in_any_order(predictor: Predictor) -> None:
    texts = [*toy_documents(20, 3)[0], "", "apple " * 500]
    together = predictor.predict_proba(texts, batch_size=7)
    alone = np.concatenate([predictor.predict_proba([text]) for text in texts])
    order = np.random.default_rng(0).permutation(len(texts))
    shuffled = predictor.predict_proba([texts[k] for k in order], batch_size=3)
    np.testing.assert_allclose(together, alone, atol=1e-5)
    np.testing.assert_allclose(together[order], shuffled, atol=1e-5)


def test_every_document_gets_a_row(predictor: Predictor, monkeypatch: pytest.MonkeyPatch) -> None:
    """T30: the last partial batch counts; chunks join without a seam."""
    monkeypatch.setattr("clmil.systems.scoring.CHUNK", 5)
    texts = toy_documents(13, 1)[0]
    rows = predictor.predict_proba(texts, batch_size=4)
    assert rows.shape == (13, 4)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows[12], predictor.predict_proba(texts[12:])[0], atol=1e-5)
    assert predictor.predict_proba([]).shape == (0, 4)


def test_unknown_precision_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="give auto, fp32, bf16 or int8"):
        Predictor.load(tmp_path, precision="int4")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_probabilities_that_are_no_numbers_are_refused(predictor: Predictor, value: float) -> None:
    class Damaged:
        precision, decides = "fp32", False

        def answer(self, texts: list[str], batch_size: int = 32) -> Answers:
            return Answers(probabilities=np.array([[0.5, 0.5], [0.5, value]], dtype=np.float32))

        def save(self, folder: Path) -> None: ...

    damaged = Predictor(facts=predictor.facts, scorer=Damaged(), folder=Path("old"))
    for say in (damaged.predict, damaged.predict_proba):
        with pytest.raises(ModelError, match="the model old gives probabilities that are no num"):
            say(["one", "two"])


def test_a_rule_can_be_exchanged(predictor: Predictor) -> None:
    texts = toy_documents(3, 2)[0]
    flat = Temperature(slopes=np.full(4, 0.5), biases=np.zeros(4))
    rule = DecisionRule(thresholds=np.full(4, 0.25), calibration=flat, never_empty=True)
    other = predictor.with_rule(rule)
    raw = predictor.raw_proba(texts)
    np.testing.assert_array_equal(predictor.predict_proba(texts), raw)
    np.testing.assert_allclose(other.predict_proba(texts), flat.apply(raw), atol=1e-6)
    np.testing.assert_array_equal(other.raw_proba(texts), raw)
    assert other.network is predictor.network
    assert predictor.rule.calibration is None


class Writer:
    """A system that gives every text the second label, whatever its probability."""

    precision, decides = "fp32", True

    def answer(self, texts: list[str], batch_size: int = 32) -> Answers:
        sets = np.tile(np.array([0, 1, 0, 0], dtype=np.int8), (len(texts), 1))
        return Answers(probabilities=np.full((len(texts), 4), 0.2, dtype=np.float32), sets=sets)

    def save(self, folder: Path) -> None:
        (folder / "config.json").write_text("{}")


def test_a_system_that_writes_sets_decides_itself(predictor: Predictor) -> None:
    writer = Predictor(facts=predictor.facts, scorer=Writer())
    found = writer.predict(["a", "b"])
    assert found.decided.tolist() == [[0, 1, 0, 0]] * 2
    assert found.probabilities.max() == np.float32(0.2)
    with pytest.raises(ModelError, match="thresholds and calibration do not apply"):
        writer.with_rule(DecisionRule.fixed(4, 0.1))
    with pytest.raises(ModelError, match="no network over an encoder"):
        _ = writer.network


def test_predictions_are_the_rules(predictor: Predictor) -> None:
    texts = toy_documents(5, 4)[0]
    found = predictor.predict(texts)
    np.testing.assert_array_equal(found.probabilities, predictor.predict_proba(texts))
    np.testing.assert_array_equal(found.decided, predictor.rule.decide(found.probabilities))


def test_importing_and_predicting_with_a_linear_model_needs_no_torch(tmp_path: Path) -> None:
    code = f"""
import sys
from clmil import TextClassifier, load
texts = ["red apple", "blue sea", "red car", "the sea"] * 8
labels = [["r"], ["b"], ["r"], ["b"]] * 8
fitted = TextClassifier(system="linear").fit(texts, labels)
fitted.save({str(tmp_path / "model")!r})
assert load({str(tmp_path / "model")!r}).predict_labels(["a red sea"]), "some label"
print(load({str(tmp_path / "model")!r}).predict_labels(["red", "sea"]))
print([name for name in ("torch", "transformers", "tokenizers") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[['r'], ['b']]\n[]"


def test_predicting_with_an_encoder_of_the_bert_family_needs_no_transformers(
    predictor: Predictor, tmp_path: Path
) -> None:
    predictor.save(tmp_path / "model")
    code = f"""
import sys
from clmil import load
load({str(tmp_path / "model")!r}).predict_labels(["red apple"])
print("torch" in sys.modules, "transformers" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True False"
