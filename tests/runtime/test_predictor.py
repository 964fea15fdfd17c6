"""Predictions do not depend on company, order or padding."""

from pathlib import Path

import numpy as np
import pytest

from clmil.decisions.calibration import Temperature
from clmil.decisions.rule import DecisionRule
from clmil.errors import RecipeError
from clmil.labels.space import LabelSpace
from clmil.runtime.predictor import Predictor
from clmil.storage.encoders import load_encoder
from clmil.storage.folder import SavedModel
from tests.tiny import save_encoder, tiny_network, toy_documents


@pytest.fixture(scope="module")
def predictor(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    encoder = load_encoder(save_encoder(tmp_path_factory.mktemp("encoder")))
    counts = {"a": 5, "b": 4, "c": 2, "d": 1}
    model = SavedModel(
        network=tiny_network().eval(),
        tokenizer=encoder.tokenizer,
        space=LabelSpace.from_counts(counts, documents=9),
        recipe={},
        metrics={},
        rule=DecisionRule.fixed(4),
    )
    return Predictor(model=model)


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
    monkeypatch.setattr("clmil.runtime.predictor.CHUNK", 5)
    texts = toy_documents(13, 1)[0]
    rows = predictor.predict_proba(texts, batch_size=4)
    assert rows.shape == (13, 4)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows[12], predictor.predict_proba(texts[12:])[0], atol=1e-5)
    assert predictor.predict_proba([]).shape == (0, 4)


def test_unknown_precision_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="give auto, fp32, bf16 or int8"):
        Predictor.load(tmp_path, precision="int4")


def test_a_rule_can_be_exchanged(predictor: Predictor) -> None:
    texts = toy_documents(3, 2)[0]
    flat = Temperature(slopes=np.full(4, 0.5), biases=np.zeros(4))
    rule = DecisionRule(thresholds=np.full(4, 0.25), calibration=flat, never_empty=True)
    other = predictor.with_rule(rule)
    raw = predictor.raw_proba(texts)
    np.testing.assert_array_equal(predictor.predict_proba(texts), raw)
    np.testing.assert_allclose(other.predict_proba(texts), flat.apply(raw), atol=1e-6)
    np.testing.assert_array_equal(other.raw_proba(texts), raw)
    assert other.model.network is predictor.model.network
    assert predictor.rule.calibration is None
