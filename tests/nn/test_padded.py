"""The network over padded batches is the network."""

import numpy as np
import pytest
import torch
from torch import nn

from clmil.nn.model import ClMilModel
from clmil.nn.padded import PaddedNetwork, mixed_logits
from clmil.nn.settings import NetworkSettings
from clmil.nn.windows import cut
from tests.tiny import tiny_network

OFF = {"enabled": False}
NORMED = {"heads": 2, "normalise": True}
PARTS = {
    "all": {"cil": {"heads": 2}},
    "narrow": {"cil": {"heads": 2, "width": 8, "normalise": True, "kernel": 4}},
    "fil": {"cil": OFF, "clrl": OFF, "fil": {"conv": "conv2d", "pooling": "mean"}},
    "cil": {"cil": {"heads": 2, "fusion_relu": False}, "fil": OFF, "clrl": OFF},
    "labels apart": {"cil": {"heads": 2}, "labels": {"see_text": False}},
    "little attention": {"cil": NORMED, "labels": {"attention": 0.01}},
    "little attention, labels apart": {
        "cil": NORMED,
        "labels": {"attention": 0.01, "see_text": False},
    },
    "windows": {"cil": {"heads": 2}, "encoder": {"max_length": 16, "windows": 3}},
    "windows, labels apart": {
        "cil": {"heads": 2},
        "labels": {"see_text": False},
        "encoder": {"max_length": 16, "windows": 2},
    },
    "joint": {"cil": OFF, "fil": OFF, "clrl": OFF},
    "plain": {"cil": OFF, "fil": OFF, "clrl": OFF, "labels": {"joint": False}},
    "only fil counts": {"cil": {"heads": 2}, "classifier": {"gamma": 1.0, "skip": True}},
}


def network_of(parts: dict) -> ClMilModel:
    config = tiny_network().config
    config.network = NetworkSettings.model_validate(parts).model_dump(mode="json")
    torch.manual_seed(3)
    network = ClMilModel(config).eval()
    for linear in network.modules():  # larger than at the start, so that mistakes show
        if isinstance(linear, nn.Linear):
            nn.init.normal_(linear.weight, std=0.5)
    return network


@pytest.mark.parametrize("parts", PARTS.values(), ids=PARTS)
@torch.inference_mode()
def test_it_is_the_same_function(parts: dict) -> None:
    network = network_of(parts)
    text_ids = torch.randint(5, 40, (5, 21), generator=torch.Generator().manual_seed(0))
    lengths = torch.tensor([21, 0, 1, 13, 2])
    wanted = network(text_ids, lengths).probabilities
    padded = PaddedNetwork(network)
    given = (
        cut(text_ids, lengths, network.room(joint=network.settings.labels.joint))
        if network.windowed
        else text_ids
    )
    logits = padded(given, lengths)
    torch.testing.assert_close(logits.sigmoid(), wanted, atol=2e-6, rtol=1e-4)
    assert logits.abs().max() > 0.1
    wider = nn.functional.pad(given, (0, 0, 0, 2) if network.windowed else (0, 11), value=7)
    torch.testing.assert_close(padded(wider, lengths), logits, atol=1e-4, rtol=1e-4)


def test_logits_of_a_mixture_stay_exact_where_probabilities_saturate() -> None:
    fil, cil = np.meshgrid(np.linspace(-40, 40, 17), np.linspace(-40, 40, 17))
    with np.errstate(over="ignore"):
        p, q = 1 / (1 + np.exp(-fil)), 1 / (1 + np.exp(-cil))
        not_p, not_q = 1 / (1 + np.exp(fil)), 1 / (1 + np.exp(cil))
    exact = np.log(0.3 * p + 0.7 * q) - np.log(0.3 * not_p + 0.7 * not_q)
    single = [torch.tensor(part, dtype=torch.float32) for part in (fil, cil)]
    np.testing.assert_allclose(mixed_logits(*single, 0.3).numpy(), exact, atol=2e-5)
    assert mixed_logits(None, single[1], 0.3) is single[1]
    assert mixed_logits(single[0], None, 0.3) is single[0]
    assert mixed_logits(*single, 0.0) is single[1]
    assert mixed_logits(*single, 1.0) is single[0]
