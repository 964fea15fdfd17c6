"""Small networks and a batch for the sequence systems."""

import pytest
import torch

from clmil.nn.sequences.model import SequenceModel
from clmil.nn.sequences.settings import SequenceSettings
from clmil.nn.words.settings import EmbeddingSettings

VOCABULARY, LABELS = 12, 4
SWITCHES = {
    "sgm": {},
    "sgm-masked": {"mask_training": True, "decoder_layers": 1},
    "sgm-ge": {"global_embedding": True},
    "sgm-ge-fed": {"global_embedding": True, "input_feed": True, "mask_training": True},
}


def build(labels: int = LABELS, **switches) -> SequenceModel:
    """Return a seeded network in eval mode, its weights large enough to tell labels apart."""
    torch.manual_seed(0)
    told = SequenceSettings(
        **{
            "embedding": EmbeddingSettings(width=6),
            "label_width": 5,
            "hidden": 4,
            "beam": 3,
            **switches,
        }
    )
    network = SequenceModel(told, labels, VOCABULARY)
    with torch.no_grad():
        for values in network.decoder.parameters():
            values.mul_(2.5)
    return network.eval()


@pytest.fixture(params=list(SWITCHES))
def network(request):
    return build(**SWITCHES[request.param])


@pytest.fixture
def batch():
    """Texts of 9, 4, 0 and 1 words; targets with an unknown cell and an unknown row."""
    torch.manual_seed(1)
    ids = torch.randint(1, VOCABULARY, (4, 9))
    lengths = torch.tensor([9, 4, 0, 1])
    ids[torch.arange(9) >= lengths[:, None]] = 0
    targets = torch.tensor(
        [[1, 0, 1, 0], [0, 1, -1, 0], [0, 0, 0, 0], [-1, -1, -1, -1]], dtype=torch.int8
    )
    return {"text_ids": ids, "lengths": lengths, "targets": targets}


@pytest.fixture
def memory(network, batch):
    with torch.no_grad():
        return network.encoder(batch["text_ids"], batch["lengths"])
