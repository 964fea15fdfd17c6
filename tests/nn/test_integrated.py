"""Gradients along the path from padding to a text: a sum of few points is what it says."""

import pytest
import torch

from clmil.nn.integrated import integrated_gradients, path_gradients
from clmil.nn.probe import Probe
from tests.tiny import tiny_network

IDS = (7, 5, 9, 5, 11, 6)


@pytest.fixture(scope="module")
def probe() -> Probe:
    return Probe(tiny_network().eval())


@pytest.mark.parametrize("points", [1, 3, 4])
def test_the_sum_is_captums(probe: Probe, points: int) -> None:
    pytest.importorskip("captum")
    wanted = integrated_gradients(probe, IDS, [2, 0], steps=points)
    found = path_gradients(probe, IDS, [2, 0], points=points)
    torch.testing.assert_close(found, wanted.float(), atol=1e-6, rtol=1e-4)


def test_many_points_add_up_to_the_difference_from_padding(probe: Probe) -> None:
    vectors = probe.vectors(IDS)
    ends = torch.stack([probe.baseline.expand_as(vectors), vectors])
    with torch.no_grad():
        padding, text = probe.log_odds(IDS, ends).sigmoid()
    found = path_gradients(probe, IDS, [0, 1, 3], points=300).sum(dim=1)
    torch.testing.assert_close(found, (text - padding)[[0, 1, 3]], atol=5e-5, rtol=5e-3)
