"""Tuning against its own definition: nothing held out is seen, rules follow the choice."""

import numpy as np
import pytest

from clmil.decisions.choosing import Choice
from clmil.errors import DataError
from clmil.systems import linear_tuning
from clmil.systems.linear_model import LinearModel
from clmil.systems.linear_tuning import Labelled, Tuning, tune_linear

WORDS, NOISE = ("apple", "pear", "plum"), ("so", "it", "goes", "then", "well")
FEW = Tuning(C=(0.1, 1.0), pairs=(False,))


def documents(number, seed):
    rng = np.random.default_rng(seed)
    targets = (rng.random((number, 3)) < 0.3).astype(np.int8)
    told = targets ^ (rng.random(targets.shape) < 0.1)  # labels are wrong now and then
    texts = [" ".join([*np.array(WORDS)[row == 1], *rng.choice(NOISE, 4)]) for row in told]
    return Labelled(texts=texts, targets=targets)


def test_no_probability_comes_from_a_model_that_saw_the_document(monkeypatch):
    train, seen = documents(60, 0), []

    class Spy(LinearModel):
        def fit(self, texts, targets):
            seen.append(set(map(id, texts)))
            return super().fit(texts, targets)

        def decision(self, texts):
            assert not seen[-1] & set(map(id, texts))
            return super().decision(texts)

    monkeypatch.setattr(linear_tuning, "LinearModel", Spy)
    fold = np.arange(60) % 5
    raw = linear_tuning._held_out(train, fold, LinearModel(pairs=False))
    assert len(seen) == 5
    assert ((raw > 0) & (raw < 1)).all()
    inside = train.part(fold != 2)
    alone = LinearModel(pairs=False).fit(inside.texts, inside.targets)
    expected = alone.predict_proba(train.part(fold == 2).texts)
    np.testing.assert_allclose(raw[fold == 2], expected, rtol=1e-6)


def test_the_best_setting_is_taken_and_the_model_sees_all():
    train = documents(80, 0)
    tuned = tune_linear(train, tuning=FEW)
    tried = tuned.facts["settings"]
    assert [row["C"] for row in tried] == [0.1, 1.0]
    assert max(tried, key=lambda row: row["micro_f1"])["C"] == tuned.model.C
    whole = LinearModel(C=tuned.model.C, pairs=False).fit(train.texts, train.targets)
    np.testing.assert_array_equal(tuned.model.decision(train.texts), whole.decision(train.texts))
    assert tuned.rule.chosen["documents"] == 80
    assert tuned.rule.thresholds.shape == (3,)


def test_validation_chooses_settings_and_if_wanted_the_rule():
    train, validation = documents(60, 0), documents(40, 1)
    by_folds = tune_linear(train, validation=validation, tuning=FEW)
    assert by_folds.rule.chosen["documents"] == 60
    on_it = tune_linear(train, validation=validation, decide_on_validation=True, tuning=FEW)
    assert on_it.rule.chosen["documents"] == 40
    assert on_it.facts == by_folds.facts


def test_unknown_cells_and_documents_are_masked():
    train = documents(60, 0)
    hidden = train.targets.copy()
    hidden[::7, 1], hidden[5] = -1, -1
    targets = hidden.copy()
    expected = tune_linear(
        Labelled(
            texts=[text for k, text in enumerate(train.texts) if k != 5],
            targets=np.delete(hidden, 5, axis=0),
        ),
        tuning=FEW,
    )
    tuned = tune_linear(Labelled(texts=train.texts, targets=targets), tuning=FEW)
    np.testing.assert_array_equal(tuned.rule.thresholds, expected.rule.thresholds)


def test_a_label_without_relevant_documents_is_never_predicted():
    train = documents(60, 0)
    train.targets[:, 2] = 0
    tuned = tune_linear(train, tuning=FEW)
    decided = tuned.rule.decide(tuned.rule.calibrate(tuned.model.predict_proba(train.texts)))
    assert not decided[:, 2].any()
    assert decided[:, 0].any()


def test_few_documents_keep_the_defaults():
    tuned = tune_linear(documents(12, 0))
    assert tuned.facts == {"settings": []}
    assert tuned.rule.thresholds.tolist() == [0.5] * 3


def test_calibration_is_part_of_the_rule_only_if_chosen():
    plain = Tuning(C=(1.0,), pairs=(False,), choice=Choice(calibrate="none", scope="fixed"))
    rule = tune_linear(documents(60, 0), tuning=plain).rule
    assert rule.calibration is None
    assert rule.thresholds.tolist() == [0.5] * 3


def test_nobody_annotated():
    with pytest.raises(DataError, match="annotated"):
        tune_linear(Labelled(texts=["a word"], targets=np.full((1, 2), -1, dtype=np.int8)))
