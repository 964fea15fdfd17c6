"""The settings of the word-level networks, validated at once.

Defaults are those of the papers where they tell them, else of the public code.
"""

from typing import Literal, Self

from pydantic import Field, NonNegativeFloat, PositiveInt

from clmil.nn.settings import Settings


class ReadingSettings(Settings):
    """How texts become word ids; all word-level systems share it."""

    vocabulary: PositiveInt = 50_000
    """Most frequent words of the training texts."""
    min_count: PositiveInt = 1
    """Occurrences below which a word is unknown."""
    max_words: PositiveInt = 500
    """Words of a text that are read."""
    split_punctuation: bool = False
    """Take punctuation for words of its own; off, words are what blanks part."""


class EmbeddingSettings(Settings):
    """The table of word vectors."""

    width: PositiveInt = 300
    """Of random vectors; those of a file have their own."""
    trainable: bool = True
    """Train the vectors too; off, they stay as they are (Kim's `static`)."""
    dropout: float = Field(default=0.0, ge=0, lt=1)


class OverWordsSettings(Settings):
    """What every network over word vectors has."""

    embedding: EmbeddingSettings = EmbeddingSettings()

    def over(self, width: int) -> Self:
        """Return the same settings for word vectors of a width."""
        return self.model_copy(
            update={"embedding": self.embedding.model_copy(update={"width": width})}
        )


class WordNetworkSettings(OverWordsSettings):
    """What every word-level network has that scores labels."""

    dropout: float = Field(default=0.5, ge=0, lt=1)
    """Share of features that training drops before each fully connected layer."""
    reduction: Literal["mean", "sum_labels"] = "mean"

    @property
    def label_width(self) -> int:
        """Width of a label's vector, in networks that have some."""
        return self.embedding.width


class CnnSettings(WordNetworkSettings):
    """Kim (2014), with the first values of Kurata et al. (2016) as an option."""

    widths: tuple[PositiveInt, ...] = Field(default=(3, 4, 5), min_length=1)
    """Words that a filter spans."""
    filters: PositiveInt = 100
    """Filters of each width."""
    multichannel: bool = False
    """Give the filters a second copy of the word vectors that is not trained."""
    hidden: PositiveInt | None = None
    """Units of a hidden layer between the pooled features and the labels; None has none."""
    cooccurrence: Literal["off", "bound", "frequency"] = "off"
    """Dedicate units to label combinations of the training part: with the weight UB, or
    UB times the root of how often the combination occurs."""


class LeamSettings(WordNetworkSettings):
    """Wang et al. (2018)."""

    kernel: PositiveInt = 55
    """Words that a phrase spans, 2 r + 1."""
    hidden: PositiveInt = 300
    """Units of the classifier's hidden layer."""
    penalty: NonNegativeFloat = 1.0
    """Weight of the loss that each label's vector be classified as this label."""
    penalty_loss: Literal["binary", "categorical"] = "binary"


class LeamLabelwiseSettings(WordNetworkSettings):
    """The model of LEAM's released script for several labels a document."""

    kernel: PositiveInt = 10


class LsanSettings(WordNetworkSettings):
    """Xiao et al. (2019)."""

    embedding: EmbeddingSettings = EmbeddingSettings(dropout=0.3)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    hidden: PositiveInt = 300
    """Units of the LSTM in each direction, and the width of a label's vector."""
    attention: PositiveInt = 200
    """Units of the self-attention, d_a."""
    output: Literal["label_specific", "average"] = "label_specific"
    """Classify each label's own row of the document (the paper), or the rows' mean (the
    public code)."""

    @property
    def label_width(self) -> int:
        """Width of a label's vector."""
        return self.hidden
