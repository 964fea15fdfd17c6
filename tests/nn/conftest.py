"""Tiny networks over random encoders of several families, and small tools."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from transformers import (
    BertConfig,
    DistilBertConfig,
    ElectraConfig,
    MPNetConfig,
    PreTrainedConfig,
    RobertaConfig,
)

from clmil.nn.config import ClMilConfig
from clmil.nn.model import ClMilModel

BERT_IDS = {"cls": 1, "sep": 2, "pad": 0, "position_offset": 0}
ROBERTA_IDS = {"cls": 0, "sep": 2, "pad": 1, "position_offset": 2}
SMALL = {"encoder": {"max_length": 48}, "cil": {"dilations": (1, 2), "heads": 2}}


def encoder_config(kind: str, hidden: int, layers: int, window: int) -> PreTrainedConfig:
    """Return the configuration of a random encoder; `window` counts usable positions."""
    if kind == "distilbert":
        return DistilBertConfig(
            vocab_size=60,
            dim=hidden,
            n_layers=layers,
            n_heads=2,
            hidden_dim=2 * hidden,
            max_position_embeddings=window,
        )
    shape: dict[str, Any] = {
        "vocab_size": 60,
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": 2,
        "intermediate_size": 2 * hidden,
        "max_position_embeddings": window + (2 if kind in ("roberta", "mpnet") else 0),
    }
    if kind == "electra":
        return ElectraConfig(**shape, embedding_size=hidden // 2)
    family = {"bert": BertConfig, "roberta": RobertaConfig, "mpnet": MPNetConfig}[kind]
    return family(**shape)


@pytest.fixture
def build() -> Callable[..., ClMilModel]:
    """Return a factory of seeded networks in eval mode; keywords override settings by section."""

    def make(
        kind: str = "bert",
        *,
        label_count: int = 4,
        hidden: int = 16,
        layers: int = 2,
        window: int = 64,
        **sections: dict[str, Any],
    ) -> ClMilModel:
        torch.manual_seed(0)
        network = {
            name: {**SMALL.get(name, {}), **sections.get(name, {})} for name in SMALL | sections
        }
        config = ClMilConfig(
            encoder=encoder_config(kind, hidden, layers, window).to_dict(),
            network=network,
            label_count=label_count,
            special=ROBERTA_IDS if kind in ("roberta", "mpnet") else BERT_IDS,
        )
        return ClMilModel(config).eval()

    return make


@pytest.fixture
def batch() -> dict[str, torch.Tensor]:
    """Return three texts of 9, 4 and 0 word pieces with targets for four labels."""
    torch.manual_seed(1)
    return {
        "text_ids": torch.randint(5, 60, (3, 9)),
        "lengths": torch.tensor([9, 4, 0]),
        "targets": torch.tensor([[1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 1, 1]], dtype=torch.int8),
    }


@pytest.fixture
def to_numpy() -> Callable[[torch.Tensor], np.ndarray]:
    """Return a converter of tensors to float64 arrays."""
    return lambda tensor: tensor.detach().double().numpy()
