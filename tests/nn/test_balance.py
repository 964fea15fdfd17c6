"""Losses for rare labels: by naive sums over cells, by their limits, and where they apply."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from clmil.nn.balance import BalancedLoss, log_odds, rebalancing
from clmil.nn.balance_settings import BalanceSettings, DistributionBalancedSettings
from clmil.nn.light import LightModel
from clmil.nn.losses import cross_entropy, label_loss
from clmil.nn.model import ClMilModel
from clmil.storage.atomic import read_json, write_json

Build = Callable[..., ClMilModel]
COUNTS = torch.tensor([[40, 9, 2, 0], [60, 50, 60, 60]])
NEUTRAL = {"alpha": 0.5, "beta": 0.0, "negative_scale": 1.0, "kappa": 0.0, "gamma": 0.0}
LOSSES = ("distribution_balanced", "asymmetric", "logit_adjusted", "focal")
TO_CROSS_ENTROPY: dict[str, dict[str, float]] = {
    "distribution_balanced": NEUTRAL,
    "asymmetric": {"gamma_positive": 0.0, "gamma_negative": 0.0, "margin": 0.0},
    "logit_adjusted": {"tau": 0.0},
    "focal": {"gamma": 0.0},
}
CHANGED: list[dict[str, dict[str, float]]] = [
    {"distribution_balanced": {}},
    {"distribution_balanced": {"alpha": 0.3, "beta": 2.0, "mu": 0.2, "kappa": 0.7, "gamma": 0.0}},
    {"distribution_balanced": {"negative_scale": 0.4, "gamma": 1.5}},
    {"asymmetric": {}},
    {"asymmetric": {"gamma_positive": 1.0, "gamma_negative": 2.5, "margin": 0.2}},
    {"asymmetric": {"gamma_positive": 0.5, "gamma_negative": 3.0, "margin": 0.0}},
    {"logit_adjusted": {}},
    {"logit_adjusted": {"tau": 0.3}},
    {"focal": {}},
    {"focal": {"gamma": 0.7}},
]


def make(**parts: dict[str, float]) -> BalancedLoss:
    """Return the loss that is named, for four labels."""
    (name,) = parts
    loss = BalancedLoss(BalanceSettings.model_validate({"loss": name, **parts}), 4)
    loss.counts.copy_(COUNTS)
    return loss


def naive(loss: BalancedLoss, logits: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return what each known cell costs, cell by cell, as the papers print it."""
    cost = np.zeros(logits.shape)
    for (row, label), target in np.ndenumerate(targets):
        if target >= 0:
            cost[row, label] = cell(loss, logits[row, label], targets[row], label)
    return cost


def cell(loss: BalancedLoss, logit: float, targets: np.ndarray, label: int) -> float:
    wanted, relevant = loss.settings, targets[label] == 1
    counts, known = COUNTS.numpy()
    odds = math.log((counts[label] + 0.5) / (known[label] - counts[label] + 0.5))

    def p(value: float) -> float:
        return 1 / (1 + math.exp(-value))

    if wanted.loss == "logit_adjusted":
        chance = p(logit + wanted.logit_adjusted.tau * odds)
        return -math.log(chance if relevant else 1 - chance)
    if wanted.loss == "focal":
        true = p(logit) if relevant else 1 - p(logit)
        return -((1 - true) ** wanted.focal.gamma) * math.log(true)
    if wanted.loss == "asymmetric":
        asl, chance = wanted.asymmetric, p(logit)
        if relevant:
            return -((1 - chance) ** asl.gamma_positive) * math.log(chance)
        shifted = max(chance - asl.margin, 0)
        return -(shifted**asl.gamma_negative) * math.log(1 - shifted)
    db = wanted.distribution_balanced
    shares = [1 / max(count, 1) for count in counts]
    together = sum(share for share, other in zip(shares, targets, strict=True) if other == 1)
    ratio = shares[label] / together if together else math.inf
    weight = db.alpha + (1 / (1 + math.exp(min(-db.beta * (ratio - db.mu), 700))))
    nu = -db.kappa * odds
    if relevant:
        q = p(logit - nu)
        return -weight * (1 - q) ** db.gamma * math.log(q)
    q = p(db.negative_scale * (logit - nu))
    return -weight / db.negative_scale * q**db.gamma * math.log(1 - q)


@pytest.mark.parametrize("reduction", ["mean", "sum_labels"])
@pytest.mark.parametrize("parts", CHANGED, ids=str)
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_equals_a_loop_over_the_known_cells(
    parts: dict[str, dict[str, float]], reduction: str, seed: int
) -> None:
    rng, loss = np.random.default_rng(seed), make(**parts)
    logits, targets = rng.normal(scale=2, size=(5, 4)), rng.integers(-1, 2, size=(5, 4))
    cost, known = naive(loss, logits, targets), targets >= 0
    size = known.sum() if reduction == "mean" else known.any(axis=1).sum()
    found = label_loss(
        torch.tensor(logits), torch.tensor(targets), reduction=reduction, cell_loss=loss
    )
    assert found.item() == pytest.approx(cost.sum() / max(size, 1), rel=1e-4, abs=1e-6)


def test_worked_weights_of_the_distribution_balanced_loss() -> None:
    # Labels of 40 and 2 documents together: 1/40 and 1/2 of 1/40 + 1/2.
    wanted = DistributionBalancedSettings(alpha=0.1, beta=10.0, mu=0.9)
    targets = torch.tensor([[1, 0, 1, 0], [1, 0, 0, -1], [0, 0, 0, 0]])
    weights = rebalancing(targets, COUNTS, wanted)
    ratios = torch.tensor([0.025, 0.5]) / 0.525
    torch.testing.assert_close(weights[0, [0, 2]], 0.1 + torch.sigmoid(10 * (ratios - 0.9)))
    assert weights[1, 0].item() == pytest.approx(0.1 + 1 / (1 + math.exp(-1)))  # alone: r = 1
    assert weights[2].tolist() == pytest.approx([1.1] * 4)  # never drawn: no bound


@pytest.mark.parametrize("name", LOSSES)
def test_neutral_settings_are_binary_cross_entropy(name: str) -> None:
    torch.manual_seed(0)
    targets, loss = torch.randint(-1, 2, (6, 4)), make(**{name: TO_CROSS_ENTROPY[name]})
    found = torch.randn(6, 4).mul(3).requires_grad_()
    expected = found.detach().clone().requires_grad_()
    values = [
        label_loss(logits, targets, reduction="mean", cell_loss=by)
        for logits, by in ((found, loss), (expected, cross_entropy))
    ]
    torch.testing.assert_close(*values)
    for value in values:
        value.backward()
    torch.testing.assert_close(found.grad, expected.grad)


@pytest.mark.parametrize("parts", CHANGED, ids=str)
def test_gradients_are_those_of_the_function(parts: dict[str, dict[str, float]]) -> None:
    torch.manual_seed(2)
    loss, targets = make(**parts), torch.randint(-1, 2, (3, 4))
    logits = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda values: loss(values, targets), logits)


@pytest.mark.parametrize("parts", CHANGED, ids=str)
@pytest.mark.parametrize("reduction", ["mean", "sum_labels"])
def test_unknown_cells_have_no_say_and_extremes_stay_finite(
    parts: dict[str, dict[str, float]], reduction: str
) -> None:
    loss = make(**parts)
    targets = torch.tensor([[1, 0, -1, 0], [-1, -1, -1, -1], [0, 1, -1, 1]])
    logits = torch.randn(3, 4).masked_fill(targets < 0, 1e30).requires_grad_()
    value = label_loss(logits, targets, reduction=reduction, cell_loss=loss)
    value.backward()
    assert torch.isfinite(value)
    assert logits.grad is not None
    assert not logits.grad[targets < 0].any()
    other = logits.detach().masked_fill(targets < 0, -3.0)
    assert label_loss(other, targets, reduction=reduction, cell_loss=loss) == value.detach()
    for size in (1e3, -1e3):
        extreme = torch.full((3, 4), size, requires_grad=True)
        label_loss(extreme, targets, reduction=reduction, cell_loss=loss).backward()
        assert extreme.grad is not None
        assert torch.isfinite(extreme.grad).all()


def test_easy_negatives_within_the_margin_cost_nothing() -> None:
    loss, targets = make(asymmetric={"margin": 0.1}), torch.zeros(1, 4)
    logits = torch.logit(torch.tensor([[0.01, 0.09, 0.11, 0.5]])).requires_grad_()
    cost = loss(logits, targets)
    cost.sum().backward()
    assert (cost[0] > 0).tolist() == [False, False, True, True]
    assert logits.grad is not None
    assert (logits.grad[0] > 0).tolist() == [False, False, True, True]


def test_adjusted_logits_are_least_at_the_log_odds_of_balanced_classes() -> None:
    # A constant logit that minimises the loss of a label's documents is 0: rare or not, no favour.
    loss = make(logit_adjusted={"tau": 1.0})
    logits = torch.zeros(1, 4, requires_grad=True)
    positive, negative = (loss(logits, torch.full((1, 4), kind))[0] for kind in (1, 0))
    total = (COUNTS[0] + 0.5) * positive + (COUNTS[1] - COUNTS[0] + 0.5) * negative
    total.sum().backward()
    torch.testing.assert_close(logits.grad, torch.zeros(1, 4), atol=1e-4, rtol=0)


def test_log_odds_are_smoothed_by_one_half() -> None:
    expected = [math.log(40.5 / 20.5), math.log(9.5 / 41.5), math.log(2.5 / 58.5)]
    expected += [math.log(0.5 / 60.5)]
    assert log_odds(COUNTS).tolist() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", LOSSES)
def test_heads_learn_by_it_and_predictions_do_not_change(
    build: Build, batch: dict[str, Tensor], name: str
) -> None:
    plain, balanced = build(), build(balance={"enabled": True, "loss": name})
    assert balanced.balance is not None
    balanced.balance.counts.copy_(COUNTS)
    first, second = plain(**batch), balanced(**batch)
    for part in ("probabilities", "fil", "cil"):
        assert torch.equal(getattr(first, part), getattr(second, part))
    for place, chances in enumerate((second.cil, second.fil)):
        logits = torch.logit(chances.detach().double()).numpy()
        expected = naive(balanced.balance, logits, batch["targets"].numpy())
        assert second.parts[place].item() == pytest.approx(expected.mean(), rel=1e-4)
        assert second.parts[place] != first.parts[place]
    torch.manual_seed(3)
    relations = plain.train()(**batch).parts[2]
    torch.manual_seed(3)
    torch.testing.assert_close(balanced.train()(**batch).parts[2], relations)


def test_a_plain_classifier_learns_by_it(build: Build, batch: dict[str, Tensor]) -> None:
    off = {part: {"enabled": False} for part in ("fil", "cil", "clrl")}
    balance: dict[str, Any] = {"enabled": True, "loss": "asymmetric"}
    first, second = build(**off)(**batch), build(**off, balance=balance)(**batch)
    assert second.loss < first.loss  # easy negatives are left out
    assert torch.equal(first.probabilities, second.probabilities)


def test_counts_are_saved_with_the_network_and_older_ones_load(
    build: Build, batch: dict[str, Tensor], tmp_path: Path
) -> None:
    model = build(balance={"enabled": True})
    assert model.balance is not None
    model.balance.counts.copy_(COUNTS)
    model.save_pretrained(tmp_path / "new")
    loaded = ClMilModel.from_pretrained(tmp_path / "new").eval()
    assert loaded.balance is not None
    assert torch.equal(loaded.balance.counts, COUNTS)
    assert torch.equal(loaded(**batch).loss, model(**batch).loss)
    light = LightModel(model.config.to_dict())
    light.load_state_dict(model.state_dict())
    torch.testing.assert_close(light.eval()(**batch).loss, model(**batch).loss)

    old = build()
    assert not any(name.startswith("balance") for name in old.state_dict())
    old.save_pretrained(tmp_path / "old")
    config = read_json(tmp_path / "old" / "config.json")
    config["network"] = {
        name: part for name, part in config["network"].items() if name not in ("balance", "rdrop")
    }
    write_json(tmp_path / "old" / "config.json", config)
    again = ClMilModel.from_pretrained(tmp_path / "old").eval()
    assert torch.equal(again(**batch).probabilities, old(**batch).probabilities)
