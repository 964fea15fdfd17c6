"""Configuration of a CL-MIL network, saved beside its weights."""

from typing import Any

from transformers import AutoConfig, PreTrainedConfig

from clmil.nn.layout import SpecialTokens
from clmil.nn.settings import FORMAT_VERSION, NetworkSettings


class ClMilConfig(PreTrainedConfig):
    """Everything that is needed to rebuild the network without its encoder's origin.

    Attributes:
        encoder: the encoder's own configuration, as a dictionary.
        network: `NetworkSettings` as a dictionary.
        label_count: l.
        special: `SpecialTokens` as a dictionary.
        kind: of the folder, by which its family is found.
        head: that of another system than CL-MIL's (`clmil.nn.own_heads`).
        ranges: span of each linear layer's inputs (`clmil.nn.ranges`), for int8.
        format_version: version of the model folder, checked on loading.
    """

    model_type = "clmil"

    encoder: dict[str, Any] | None = None
    network: dict[str, Any] | None = None
    label_count: int = 0
    special: dict[str, int] | None = None
    kind: str = "joint"
    head: dict[str, Any] | None = None
    ranges: dict[str, tuple[float, float]] | None = None
    format_version: int = FORMAT_VERSION

    def settings(self) -> NetworkSettings:
        """Return the validated settings."""
        return NetworkSettings.model_validate(self.network or {})

    def special_tokens(self) -> SpecialTokens:
        """Return the ids of the framing tokens."""
        return SpecialTokens(**(self.special or {}))

    def encoder_config(self) -> PreTrainedConfig:
        """Return the encoder's configuration with the recipe's dropout."""
        values = dict(self.encoder or {})
        config = AutoConfig.for_model(values.pop("model_type"), **values)
        settings = self.settings().encoder
        for name in ("hidden_dropout_prob", "dropout"):
            if hasattr(config, name):
                setattr(config, name, settings.hidden_dropout)
        for name in ("attention_probs_dropout_prob", "attention_dropout"):
            if hasattr(config, name):
                setattr(config, name, settings.attention_dropout)
        return config
