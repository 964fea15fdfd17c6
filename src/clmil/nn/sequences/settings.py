"""The settings of the networks that write label sequences, validated at once.

Defaults are those of the public code of SGM (Yang et al. 2018, the version of 2018) and of
Seq2Set (Yang et al. 2019).
"""

from typing import Literal, Self

from pydantic import Field, PositiveInt, model_validator

from clmil.nn.settings import Settings
from clmil.nn.words.settings import EmbeddingSettings, OverWordsSettings


class RewardSettings(Settings):
    """Seq2Set's self-critical stage, which follows the stage of maximum likelihood."""

    reward: Literal["f1", "hamming", "mean"] = "f1"
    """What a set is worth: its F1, the share of right cells, or the mean of the two."""
    likelihood: float = Field(default=0.0, ge=0, le=1)
    """Share of the likelihood's loss that is kept beside the reward's."""
    max_labels: PositiveInt = 10
    """Labels of a sampled sequence."""


class SequenceSettings(OverWordsSettings):
    """Encoder, decoder and search, shared by SGM, SGM+GE and Seq2Set."""

    embedding: EmbeddingSettings = EmbeddingSettings(width=256)
    label_width: PositiveInt = 256
    """Width of a label's vector."""
    hidden: PositiveInt = 256
    """Units of the encoder's LSTM in each direction; the decoder has twice as many."""
    layers: PositiveInt = 2
    """Layers of the encoder."""
    decoder_layers: PositiveInt = 2
    """Layers of the decoder, which start from the encoder's last ones."""
    dropout: float = Field(default=0.5, ge=0, lt=1)
    """Between layers, and before the output."""
    global_embedding: bool = False
    """Feed the mean of all labels' vectors, by their probability, beside the chosen label's."""
    input_feed: bool = False
    """Feed the last step's attention too, as the paper has it and its code has not."""
    mask_training: bool = False
    """Leave a sequence's earlier labels out of the softmax in training too (the paper's I_t);
    in the public code, and here without it, only in prediction."""
    never_empty: bool = False
    """Do not let a sequence end before its first label."""
    beam: PositiveInt = 5
    """Sequences that the search follows."""
    max_labels: PositiveInt = 25
    """Labels after which a predicted sequence ends."""
    reinforcement: RewardSettings = RewardSettings()

    @model_validator(mode="after")
    def _states_to_start_from(self) -> Self:
        if self.decoder_layers > self.layers:
            raise ValueError("decoder_layers is more than layers; a layer would have no start")
        return self
