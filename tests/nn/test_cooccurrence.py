"""LACO's second tasks: what is drawn, and the losses against naive references."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import erf

from clmil.nn.cooccurrence import ConditionalTask, PairTask, draw_conditions, draw_pairs


def repeated(row: list[int], times: int) -> torch.Tensor:
    return torch.tensor([row] * times, dtype=torch.int8)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), negatives=st.sampled_from([0.5, 1.0, 2.0, 5.0]))
def test_pairs_are_what_they_say(seed: int, negatives: float) -> None:
    torch.manual_seed(seed)
    targets = torch.randint(-1, 2, (12, 5), dtype=torch.int8)
    pairs = draw_pairs(targets, negatives)
    first, second = targets[pairs.document, pairs.first], targets[pairs.document, pairs.second]
    assert (pairs.first != pairs.second).all()
    assert (first >= 0).all()
    assert (second >= 0).all()
    assert torch.equal(first + second, 1 + pairs.relation.to(torch.int8))
    positives, zeros = (targets == 1).sum(dim=1), (targets == 0).sum(dim=1)
    expected = (positives >= 2) | ((positives == 1) & (zeros > 0))
    assert pairs.document.tolist() == expected.nonzero()[:, 0].tolist()


@pytest.mark.parametrize(
    ("row", "share"),
    [
        ([1, 1] + [0] * 50, 1 / 3),  # draws are nearly always distinct: C / (C + 2 C)
        ([1, 1, 0], 2 / 5),  # both cells with 1/2: (1/3 + 1/2) / 2 = 5/12 less rounding
        ([1, 1, 1], 1.0),
        ([1, 0, 0], 0.0),
    ],
)
def test_share_of_pairs_that_are_together(row: list[int], share: float) -> None:
    torch.manual_seed(0)
    relation = draw_pairs(repeated(row, 3000)).relation.double()
    assert relation.mean().item() == pytest.approx(share, abs=0.04)
    if sum(row) > 1:
        assert relation.mean() >= 1 / 3 - 0.03


def test_order_does_not_tell_the_answer() -> None:
    torch.manual_seed(0)
    pairs = draw_pairs(repeated([1, 0, 1, 0], 3000))
    for relation in (0, 1):
        rising = (pairs.first < pairs.second)[pairs.relation == relation].double().mean()
        assert rising.item() == pytest.approx(0.5, abs=0.05)
    apart = pairs.only(pairs.relation == 0)
    relevant_first = torch.isin(apart.first, torch.tensor([0, 2])).double().mean()
    assert relevant_first.item() == pytest.approx(0.5, abs=0.05)


def test_pairs_are_drawn_anew() -> None:
    torch.manual_seed(0)
    targets = repeated([1, 1, 1, 0, 0], 30)
    assert not torch.equal(draw_pairs(targets).first, draw_pairs(targets).first)


def test_no_pair_where_there_is_none() -> None:
    targets = torch.tensor([[0, 0, 0], [-1, -1, -1], [-1, 1, -1]], dtype=torch.int8)
    pairs = draw_pairs(targets)
    assert all(column.shape == (0,) for column in pairs)
    task = PairTask(4, negatives=2.0, dropout=0.0)
    loss = task(torch.randn(3, 3, 4), pairs)
    loss.backward()
    assert loss == 0


def test_pair_loss_by_hand_and_logits_may_be_negative() -> None:
    torch.manual_seed(0)
    task = PairTask(4, negatives=2.0, dropout=0.1).eval()
    labels = 3 * torch.randn(6, 3, 4)
    pairs = draw_pairs(torch.tensor([[1, 1, 0], [1, 0, 0]] * 3, dtype=torch.int8))
    weight = task.classify.weight.detach().double().numpy()
    bias = task.classify.bias.detach().double().numpy()
    terms, lowest = [], np.inf
    for row, first, second, relation in torch.stack(list(pairs), dim=1).tolist():
        both = np.concatenate([labels[row, first].double(), labels[row, second].double()])
        logits = weight @ both + bias
        lowest = min(lowest, logits.min())
        terms.append(np.log(np.exp(logits).sum()) - logits[relation])
    assert task(labels, pairs).item() == pytest.approx(np.mean(terms), rel=1e-5)
    assert lowest < 0


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), given_labels=st.integers(1, 7))
def test_conditions_are_what_they_say(seed: int, given_labels: int) -> None:
    torch.manual_seed(seed)
    targets = torch.randint(-1, 2, (12, 5), dtype=torch.int8)
    conditions = draw_conditions(targets, given_labels)
    relevant = (targets == 1).sum(dim=1)
    assert (targets[conditions.given] == 1).all()
    assert torch.equal(conditions.given.sum(dim=1), relevant.clamp(max=given_labels))
    asked = ~conditions.given & (relevant > 0)[:, None]
    assert torch.equal(conditions.classes[asked], targets[asked].long())
    assert (conditions.classes[~asked] == -1).all()


def test_every_relevant_label_is_told_at_times() -> None:
    torch.manual_seed(0)
    told = draw_conditions(repeated([1, 0, 1, 1], 3000)).given.double().mean(dim=0)
    assert told.tolist() == pytest.approx([1 / 3, 0, 1 / 3, 1 / 3], abs=0.04)
    asked = draw_conditions(repeated([1, 0, 1, 1], 5)).classes
    assert ((asked >= 0).sum(dim=1) == 3).all()


def gelu_norm(value: np.ndarray, layers: torch.nn.Sequential) -> np.ndarray:
    linear = layers[0]
    inner = linear.weight.detach().double().numpy() @ value + linear.bias.detach().double().numpy()
    inner = inner * 0.5 * (1 + erf(inner / 2**0.5))
    return (inner - inner.mean()) / np.sqrt(inner.var() + 1e-5)


@pytest.mark.parametrize("given_labels", [1, 2])
def test_conditional_loss_by_hand(given_labels: int) -> None:
    torch.manual_seed(0)
    task = ConditionalTask(4, given=given_labels)
    labels = torch.randn(3, 4, 4)
    targets = torch.tensor([[1, 1, 0, -1], [0, 0, 0, 0], [1, 1, 1, 0]], dtype=torch.int8)
    conditions = task.draw(targets)
    states = labels.double().numpy()
    weight = task.classify.weight.detach().double().numpy()
    bias = task.classify.bias.detach().double().numpy()
    terms = []
    for row in (0, 2):
        told = [gelu_norm(states[row, k], task.told) for k in conditions.given[row].nonzero()[:, 0]]
        for label in range(4):
            if conditions.given[row, label] or targets[row, label] < 0:
                continue
            own = gelu_norm(states[row, label], task.asked)
            logits = weight @ np.concatenate([own, np.mean(told, axis=0)]) + bias
            terms.append(np.log(np.exp(logits).sum()) - logits[targets[row, label]])
    assert task(labels, conditions).item() == pytest.approx(np.mean(terms), rel=1e-4)


def test_nothing_is_asked_of_unlabelled_documents() -> None:
    task = ConditionalTask(4, given=1)
    labels = torch.randn(2, 3, 4, requires_grad=True)
    loss = task(labels, task.draw(torch.zeros(2, 3, dtype=torch.int8)))
    loss.backward()
    assert loss == 0
    assert torch.isfinite(labels.grad).all()
