"""A batch of word ids and every word-level network, small."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from clmil.nn.words.cnn import KimCnn
from clmil.nn.words.leam import Leam
from clmil.nn.words.leam_labelwise import LeamLabelwise
from clmil.nn.words.lsan import Lsan
from clmil.nn.words.settings import (
    CnnSettings,
    EmbeddingSettings,
    LeamLabelwiseSettings,
    LeamSettings,
    LsanSettings,
)

VOCABULARY, LABELS = 20, 4
SMALL = {"embedding": EmbeddingSettings(width=6)}

NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "cnn": lambda: KimCnn(CnnSettings(filters=5, **SMALL), LABELS, VOCABULARY),
    "cnn-hidden": lambda: KimCnn(
        CnnSettings(filters=5, hidden=7, multichannel=True, **SMALL), LABELS, VOCABULARY
    ),
    "leam": lambda: Leam(LeamSettings(kernel=5, hidden=8, **SMALL), LABELS, VOCABULARY),
    "leam-categorical": lambda: Leam(
        LeamSettings(kernel=55, hidden=8, penalty_loss="categorical", **SMALL), LABELS, VOCABULARY
    ),
    "leam-labelwise": lambda: LeamLabelwise(
        LeamLabelwiseSettings(kernel=4, **SMALL), LABELS, VOCABULARY
    ),
    "lsan": lambda: Lsan(LsanSettings(hidden=5, attention=4, **SMALL), LABELS, VOCABULARY),
    "lsan-average": lambda: Lsan(
        LsanSettings(hidden=5, attention=4, output="average", **SMALL), LABELS, VOCABULARY
    ),
}


@pytest.fixture(params=list(NETWORKS))
def network(request: pytest.FixtureRequest) -> nn.Module:
    """Return each seeded network in eval mode."""
    torch.manual_seed(0)
    return NETWORKS[request.param]().eval()


@pytest.fixture
def batch() -> dict[str, torch.Tensor]:
    """Return texts of 9, 4 and 0 words with targets, one cell of which is unknown."""
    torch.manual_seed(1)
    ids = torch.randint(1, VOCABULARY, (3, 9))
    lengths = torch.tensor([9, 4, 0])
    ids[torch.arange(9) >= lengths[:, None]] = 0
    targets = torch.tensor([[1, 0, 1, 0], [0, 1, -1, 0], [0, 0, 1, 1]], dtype=torch.int8)
    return {"text_ids": ids, "lengths": lengths, "targets": targets}
