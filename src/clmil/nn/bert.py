"""An encoder of the BERT family by itself, for predicting without transformers.

transformers takes seconds to import; a prediction needs none of it. The modules bear the
names that they have there, so that weights fit either (`tests/nn/test_bert.py`). It runs
packed documents only (`clmil.nn.packed`).
"""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from clmil.nn.packed import FAMILIES, packs

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": functional.gelu,
    "relu": functional.relu,
    "silu": functional.silu,
}
"""Values of `hidden_act` that need no code of transformers."""


def is_light(config: Mapping[str, Any]) -> bool:
    """Tell whether an encoder with this configuration can be rebuilt here."""
    known = config.get("model_type") in FAMILIES and config.get("hidden_act") in ACTIVATIONS
    return known and packs(SimpleNamespace(config=SimpleNamespace(**config)))


class Bert(nn.Module):
    """Embeddings and transformer layers.

    Args:
        config: as transformers writes it into `config.json`.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        self.config = SimpleNamespace(**config)
        self.embeddings = _Embeddings(self.config)
        layers = self.config.num_hidden_layers
        self.encoder = nn.ModuleDict(
            {"layer": nn.ModuleList(_Layer(self.config) for _ in range(layers))}
        )

    def get_input_embeddings(self) -> nn.Embedding:
        """Return the table of word vectors."""
        return self.embeddings.word_embeddings


class _Embeddings(nn.Module):
    def __init__(self, config: Any) -> None:
        super().__init__()
        width = config.hidden_size
        empty = torch.empty(config.vocab_size, width)  # drawing it would take longest of all
        self.word_embeddings = nn.Embedding(config.vocab_size, width, _weight=empty)
        self.position_embeddings = nn.Embedding(config.max_position_embeddings, width)
        self.token_type_embeddings = nn.Embedding(config.type_vocab_size, width)
        self.LayerNorm = nn.LayerNorm(width, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)


class _Layer(nn.Module):
    def __init__(self, config: Any) -> None:
        super().__init__()
        width, inner = config.hidden_size, config.intermediate_size
        self.attention = nn.ModuleDict(
            {"self": _SelfAttention(config), "output": _Output(config, width)}
        )
        self.intermediate = _Intermediate(config)
        self.output = _Output(config, inner)


class _Intermediate(nn.Module):
    def __init__(self, config: Any) -> None:
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.intermediate_size)
        self.intermediate_act_fn = ACTIVATIONS[config.hidden_act]


class _SelfAttention(nn.Module):
    def __init__(self, config: Any) -> None:
        super().__init__()
        width = config.hidden_size
        self.num_attention_heads = config.num_attention_heads
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.dropout = nn.Dropout(config.attention_probs_dropout_prob)


class _Output(nn.Module):
    def __init__(self, config: Any, inputs: int) -> None:
        super().__init__()
        self.dense = nn.Linear(inputs, config.hidden_size)
        self.LayerNorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)
