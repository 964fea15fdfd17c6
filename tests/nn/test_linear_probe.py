"""Logistic regressions of all labels together, against scikit-learn's, one at a time."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from clmil.nn.linear_probe import fit_probes


def material(documents: int = 60) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(4)
    texts = chance.normal(size=(documents, 5), loc=3.0, scale=[1, 2, 0.1, 5, 1])
    odds = texts @ chance.normal(size=(5, 3)) / texts.std()
    targets = (odds - odds.mean(axis=0) + chance.normal(size=odds.shape) > 0).astype(np.int8)
    targets[chance.random(targets.shape) < 0.2] = -1
    return texts.astype(np.float32), targets


@pytest.mark.parametrize("penalty", [0.5, 20.0])
def test_each_label_is_scikit_learns_regression_on_its_known_documents(penalty: float) -> None:
    texts, targets = material()
    ((found, probe),) = fit_probes(texts, targets, [penalty])
    assert found == penalty
    scaler = StandardScaler().fit(texts)
    for label in range(targets.shape[1]):
        known = targets[:, label] >= 0
        strength = penalty * (targets[:, label] == 1).sum() ** 0.5
        model = LogisticRegression(C=1 / strength, tol=1e-8, max_iter=1000)
        model.fit(scaler.transform(texts[known]), targets[known, label])
        wanted = model.decision_function(scaler.transform(texts))
        logits = probe.logits(torch.as_tensor(texts))[:, label].numpy()
        np.testing.assert_allclose(logits, wanted, atol=1e-2)


def test_penalties_come_from_the_strongest_and_each_ends_where_it_would_alone() -> None:
    texts, targets = material()
    together = dict(fit_probes(texts, targets, [1.0, 100.0, 10.0]))
    assert list(together) == [100.0, 10.0, 1.0]
    sizes = [float(probe.weight.norm()) for probe in together.values()]
    assert sizes == sorted(sizes)
    ((_, alone),) = fit_probes(texts, targets, [1.0])
    torch.testing.assert_close(together[1.0].weight, alone.weight, atol=1e-2, rtol=1e-2)


def test_a_feature_that_never_changes_and_a_label_that_nobody_has_say_nothing() -> None:
    texts, targets = material()
    texts[:, 1] = 7.0
    targets[:, 0] = 0
    ((_, probe),) = fit_probes(texts, targets, [1.0])
    assert not probe.weight[:, 1].any()
    assert torch.isfinite(probe.bias).all()
    assert (probe.logits(torch.as_tensor(texts))[:, 0] < -2).all()
