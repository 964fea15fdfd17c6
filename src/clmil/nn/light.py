"""A network for predicting that loads in a moment: no transformers, no training."""

from collections.abc import Mapping
from typing import Any

from clmil.nn.bert import Bert
from clmil.nn.layout import SpecialTokens
from clmil.nn.network import Network
from clmil.nn.settings import NetworkSettings


class LightModel(Network):
    """A network over an encoder of the BERT family.

    Args:
        values: the content of a model folder's `config.json`; it is kept as it is.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__()
        self.values = dict(values)
        self.assemble(
            Bert(values["encoder"]),
            settings=NetworkSettings.model_validate(values["network"]),
            special=SpecialTokens(**values["special"]),
            labels=values["label_count"],
            head=values.get("head"),
        )
