"""The CL-MIL network as a transformers model."""

import inspect

from torch import nn
from transformers import AutoModel, PreTrainedModel

from clmil.nn.config import ClMilConfig
from clmil.nn.network import Network


class ClMilModel(Network, PreTrainedModel):
    """A network over any encoder of transformers, for training, saving and a GPU."""

    config_class = ClMilConfig
    base_model_prefix = "encoder"
    main_input_name = "text_ids"
    config: ClMilConfig

    def __init__(self, config: ClMilConfig) -> None:
        PreTrainedModel.__init__(self, config)
        encoder = AutoModel.from_config(config.encoder_config(), **_no_pooler(config))
        accepted = inspect.signature(encoder.forward).parameters
        self.assemble(
            encoder,
            settings=config.settings(),
            special=config.special_tokens(),
            labels=config.label_count,
            accepts=frozenset({"token_type_ids", "position_ids"} & set(accepted)),
            head=config.head,
        )
        PreTrainedModel.post_init(self)

    def _init_weights(self, module: nn.Module) -> None:
        """Leave every part with the initialisation that its own file gives it."""


def _no_pooler(config: ClMilConfig) -> dict[str, bool]:
    """Ask encoders that can do so to leave out the pooler, which would never be trained."""
    model_class = AutoModel._model_mapping[type(config.encoder_config())]
    accepts = "add_pooling_layer" in inspect.signature(model_class).parameters
    return {"add_pooling_layer": False} if accepts else {}
