"""Gradients and integrals over word vectors, against the network itself and worked numbers."""

import numpy as np
import pytest
import torch

from clmil.nn.fil_words import fine_grained_words
from clmil.nn.integrated import integrated_gradients
from clmil.nn.model import ClMilModel
from clmil.nn.predict import predict_tokens
from clmil.nn.probe import Probe, log_odds
from clmil.nn.settings import ClassifierSettings, FilSettings, NetworkSettings
from clmil.nn.ties import related
from clmil.nn.words.cnn import KimCnn
from clmil.nn.words.settings import CnnSettings
from tests.tiny import tiny_network

IDS = [7, 12, 9, 30, 11]


@pytest.fixture(scope="module", params=["joint", "labels apart", "windows", "windows, apart"])
def network(request):
    config = tiny_network().config
    config.network["labels"]["see_text"] = "apart" not in request.param
    if "windows" in request.param:
        config.network["encoder"] |= {"max_length": 9, "windows": 3}
    torch.manual_seed(1)
    return ClMilModel(config).eval()


def test_own_vectors_give_the_networks_own_answer(network) -> None:
    probe = Probe(network)
    found = probe.log_odds(IDS, probe.vectors(IDS).expand(3, -1, -1))
    direct = log_odds(torch.from_numpy(predict_tokens(network, [IDS])))
    assert torch.allclose(found, direct.expand(3, -1), atol=1e-5)


def test_other_words_vectors_are_other_words(network) -> None:
    probe = Probe(network)
    other = [8, 13, 10, 31, 14]
    found = probe.log_odds(IDS, probe.vectors(other)[None])
    direct = log_odds(torch.from_numpy(predict_tokens(network, [other])))
    assert torch.allclose(found, direct, atol=1e-5)


def test_gradients_are_slopes(network) -> None:
    """Against finite differences in fp64."""
    double = ClMilModel(network.config).eval()
    double.load_state_dict(network.state_dict())
    probe, step = Probe(double.double()), 1e-5
    (odds, slopes), start = probe.gradients(IDS, [0, 2]), probe.vectors(IDS)
    assert torch.equal(odds, probe.log_odds(IDS, start[None])[0, [0, 2]])
    assert slopes.shape == (2, *start.shape)
    toward = torch.randn(start.shape, dtype=start.dtype)
    ends = torch.stack([start - step * toward, start + step * toward])
    low, high = probe.log_odds(IDS, ends)[:, [0, 2]]
    expected = (high - low) / (2 * step)
    assert torch.allclose((slopes * toward).sum(dim=(1, 2)), expected, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize(("steps", "tolerance"), [(50, 0.05), (400, 0.01)])
def test_integrated_gradients_are_complete(network, steps: int, tolerance: float) -> None:
    """Sundararajan et al. 2017, proposition 1: attributions add up to the difference.

    The maxima in FIL bend the path, so the sum converges as a piecewise smooth one does.
    """
    pytest.importorskip("captum")
    probe, columns = Probe(network), [0, 1, 3]
    found = integrated_gradients(probe, IDS, columns, steps=steps).sum(dim=1)
    text = probe.vectors(IDS)
    ends = torch.stack([probe.baseline.expand_as(text), text])
    low, high = probe.log_odds(IDS, ends)[:, columns].sigmoid()
    difference = high - low
    assert torch.allclose(found, difference, atol=tolerance * difference.abs().max().item())


def test_the_network_is_left_alone(network) -> None:
    before = predict_tokens(network, [IDS])
    probe = Probe(network)
    probe.gradients(IDS, [0])
    assert all(parameter.grad is None for parameter in network.parameters())
    assert all(parameter.requires_grad for parameter in network.parameters())
    np.testing.assert_array_equal(predict_tokens(network, [IDS]), before)
    shared = dict(probe.network.named_parameters())["label_table.weight"]
    assert shared.data_ptr() == network.label_table.weight.data_ptr()


def test_networks_over_words_have_gradients_too() -> None:
    torch.manual_seed(0)
    settings = CnnSettings(filters=4, widths=(2,), multichannel=True)
    probe = Probe(KimCnn(settings, 3, 40).eval())
    _, slopes = probe.gradients(IDS, [1])
    assert slopes.shape == (1, len(IDS), 2 * settings.embedding.width)
    assert (slopes.abs().sum(dim=(0, 1)) > 0).any()


@pytest.mark.parametrize("pooling", ["max", "sum", "mean"])
def test_fine_grained_contributions_add_up_to_the_logits(pooling: str) -> None:
    torch.manual_seed(2)
    network = tiny_network().eval()
    told = NetworkSettings(
        fil=FilSettings(pooling=pooling), classifier=ClassifierSettings(normalise=False)
    )
    network.settings = told
    network.fil.settings = told.fil
    batch = torch.tensor([IDS, [*IDS[:3], 0, 0]])
    lengths = torch.tensor([5, 3])
    found = fine_grained_words(network, batch, lengths)
    assert (found.contributions[1, 3:] == 0).all()
    fil = network(text_ids=batch, lengths=lengths).fil
    expected = torch.logit(fil) - network.fil_head.linear.bias
    assert torch.allclose(found.contributions.sum(dim=1), expected, atol=1e-4)


def test_relations_are_probabilities(network) -> None:
    found = related(network, torch.tensor([IDS]), torch.tensor([0, 2, 3]))
    assert found.shape == (3, 3)
    assert (found.diagonal() == 0).all()
    assert ((found >= 0) & (found <= 1)).all()
