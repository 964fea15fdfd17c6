"""Equation 1, by worked numbers, against a loop, and through a network."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from clmil.nn.contrastive import ContrastiveNetwork, contrastive_loss
from clmil.nn.model import ClMilModel

Build = Callable[..., ClMilModel]


def at_cosine(*cosines: float) -> torch.Tensor:
    """Return (n, 2) unit vectors with these cosines to (1, 0)."""
    return torch.tensor([[cosine, math.sqrt(1 - cosine**2)] for cosine in cosines])


def loss_of(positive: float, negatives: list[float], *, scale: float, literal: bool) -> float:
    return contrastive_loss(
        at_cosine(1.0),
        at_cosine(positive),
        at_cosine(*negatives),
        torch.ones(1, len(negatives), dtype=torch.bool),
        scale=scale,
        literal=literal,
    ).item()


def naive_loss(
    anchors: np.ndarray,
    positives: np.ndarray,
    sources: np.ndarray,
    admissible: np.ndarray,
    scale: float,
    literal: bool,
) -> float:
    """Equation 1, anchor by anchor, each with its own sources."""

    def cosine(a: np.ndarray, b: np.ndarray) -> float:
        return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))

    losses = []
    for anchor, positive, allowed in zip(anchors, positives, admissible, strict=True):
        if allowed.any():
            top = np.exp(scale * cosine(anchor, positive))
            others = sum(np.exp(scale * cosine(anchor, source)) for source in sources[allowed])
            copies = allowed.sum() if literal else 1
            losses.append(-np.log(top / (copies * top + others)))
    return float(np.mean(losses)) if losses else 0.0


def test_mixed_precision_rounds_neither_side() -> None:
    torch.manual_seed(0)
    groups = [torch.randn(number, 16) for number in (4, 4, 6)]
    admissible = torch.rand(4, 6) < 0.7
    exact = contrastive_loss(*groups, admissible)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(contrastive_loss(*groups, admissible), exact)


@pytest.mark.parametrize(
    ("scale", "literal", "expected"),
    [
        (20.0, False, 3.3552e-4),
        (20.0, True, 1.09872),
        (1 / 20, False, 1.35776),
        (1 / 20, True, 1.77283),
    ],
)
def test_worked_example(scale: float, literal: bool, expected: float) -> None:
    loss = loss_of(0.9, [0.5, 0.1, -0.2], scale=scale, literal=literal)
    assert loss == pytest.approx(expected, abs=8e-6)


@pytest.mark.parametrize("number", [1, 3, 31])
def test_identical_embeddings(number: int) -> None:
    standard = loss_of(1.0, [1.0] * number, scale=20.0, literal=False)
    literal = loss_of(1.0, [1.0] * number, scale=20.0, literal=True)
    assert standard == pytest.approx(math.log(number + 1), abs=1e-5)
    assert literal == pytest.approx(math.log(2 * number), abs=1e-5)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), literal=st.booleans(), scale=st.sampled_from([20.0, 1.0, 0.05]))
def test_shared_pool_equals_a_loop(seed: int, literal: bool, scale: float) -> None:
    rng = np.random.default_rng(seed)
    anchors, positives, sources = (rng.normal(size=(n, 4)) for n in (3, 3, 5))
    admissible = rng.random((3, 5)) < 0.5
    loss = contrastive_loss(
        *(torch.from_numpy(group) for group in (anchors, positives, sources)),
        torch.from_numpy(admissible),
        scale=scale,
        literal=literal,
    )
    expected = naive_loss(anchors, positives, sources, admissible, scale, literal)
    assert loss.item() == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_excluded_sources_get_no_gradient() -> None:
    torch.manual_seed(11)
    groups = [torch.randn(size, 4, requires_grad=True) for size in (2, 2, 4)]
    admissible = torch.tensor([[True, False, False, True], [True, False, False, False]])
    contrastive_loss(*groups, admissible, scale=5.0).backward()
    gradient = groups[2].grad
    assert not gradient[[1, 2]].any()
    assert gradient[[0, 3]].abs().sum(dim=1).all()


def test_anchor_without_a_source_counts_for_nothing() -> None:
    torch.manual_seed(12)
    groups = [torch.randn(size, 4, requires_grad=True) for size in (2, 2, 3)]
    admissible = torch.tensor([[True, True, False], [False, False, False]])
    loss = contrastive_loss(*groups, admissible)
    alone = contrastive_loss(groups[0][:1], groups[1][:1], groups[2], admissible[:1])
    torch.testing.assert_close(loss, alone)
    loss.backward()
    assert not groups[0].grad[1].any()
    nothing = contrastive_loss(*groups, torch.zeros(2, 3, dtype=torch.bool), literal=True)
    nothing.backward()
    assert nothing == 0
    assert all(torch.isfinite(group.grad).all() for group in groups)


def test_direction_and_scale() -> None:
    start = loss_of(0.5, [0.3, 0.1], scale=5.0, literal=False)
    assert loss_of(0.6, [0.3, 0.1], scale=5.0, literal=False) < start
    assert loss_of(0.5, [0.4, 0.1], scale=5.0, literal=False) > start
    assert loss_of(0.5, [0.3, 0.2], scale=5.0, literal=False) > start
    groups = at_cosine(1.0), at_cosine(0.5), at_cosine(0.3, 0.1)
    allowed = torch.ones(1, 2, dtype=torch.bool)
    rescaled = contrastive_loss(*(7.0 * group for group in groups), allowed, scale=5.0)
    assert rescaled.item() == pytest.approx(start, abs=1e-6)


def step(network: ClMilModel) -> tuple[ContrastiveNetwork, dict[str, torch.Tensor]]:
    torch.manual_seed(13)
    given = {
        "text_ids": torch.randint(5, 60, (5, 8)),
        "lengths": torch.tensor([8, 5, 8, 3, 6]),
        "admissible": torch.tensor([[True, True, False], [True, False, True]]),
    }
    return ContrastiveNetwork(network, scale=20.0, literal=False), given


def test_network_encodes_anchors_twice_and_sources_once(build: Build) -> None:
    network, given = step(build())
    states = network.network.represent(given["text_ids"], given["lengths"])
    expected = contrastive_loss(states[:2], states[:2], states[2:], given["admissible"])
    output = network(**given)
    torch.testing.assert_close(output["loss"], expected, atol=1e-5, rtol=0)
    assert output["parts"].shape == (1,)
    assert not output["parts"].requires_grad


def test_positive_is_another_dropout_mask(build: Build) -> None:
    network, given = step(build(encoder={"hidden_dropout": 0.3}))
    text = given["text_ids"][:1], given["lengths"][:1]
    twice = [torch.cat([column, column]) for column in text]
    first, second = network.network.represent(*twice)
    torch.testing.assert_close(first, second)
    network.train()
    first, second = network.network.represent(*twice)
    assert (first - second).abs().max() > 1e-3


def test_only_the_encoder_learns_from_the_contrastive_loss(build: Build) -> None:
    network, given = step(build())
    network.train()(**given)["loss"].backward()
    for name, parameter in network.network.named_parameters():
        inside = name.startswith("encoder.")
        assert inside or parameter.grad is None, name
    assert network.network.encoder.embeddings.word_embeddings.weight.grad.any()
