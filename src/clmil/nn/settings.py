"""The settings of each part of the network, validated at once.

They are shared by the recipe (`clmil.systems.recipe`) and by the saved model's
configuration, so that a setting is written down in one place only. Every point
that the paper leaves open has its switch here; `docs/method.md` says which
value is the paper's and why the default is what it is.
"""

from typing import Literal, Self

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, model_validator

from clmil.nn.balance_settings import BalanceSettings, RDropSettings
from clmil.nn.base_settings import Settings as Settings

FORMAT_VERSION = 1
"""Version of the model folder, checked on loading."""

Pooling = Literal["cls", "mean"]


class LabelTokenSettings(Settings):
    """How labels enter the joint sequence (section 3.3; one token a label)."""

    joint: bool = True
    """Append the labels to the text. Off, the network is a plain text encoder."""
    init: Literal["name_mean", "unused", "random"] = "name_mean"
    """First value of a label's row: mean word-piece vector of its name and description,
    an unused row of the encoder's own vocabulary (as in LACO), or a random one."""
    order: Literal["frequency", "alphabet", "seed"] = "frequency"
    order_seed: int = 0
    positions: Literal["sequential", "shared", "fixed"] = "sequential"
    """Position ids of labels: following the text, one id for all, or a constant last block."""
    segment: Literal[0, 1] = 1
    """Token type of the labels and of the last [SEP]."""
    see_text: bool = True
    """Label tokens attend to the text too (the paper). Off, words attend to labels, but labels to
    each other alone: their states are the same beside every text and take no room from it; on a CPU
    they are computed once a batch, and kept for predicting. Their position ids are then those
    behind an empty text."""
    attention: PositiveFloat | None = None
    """As how many tokens of the text words attend to all labels together, before they have learnt
    which matter: log(attention / l) is added to their attention scores (`clmil.nn.leaning`). None:
    each label is a token like any other (the paper), and many labels drown out the text."""

    @property
    def apart(self) -> bool:
        """Whether labels are there and do not see the text."""
        return self.joint and not self.see_text

    def framing(self, labels: int) -> int:
        """Return how many tokens of a window are no words, if there are l labels."""
        return labels + 3 if self.joint and not self.apart else 2


class FilSettings(Settings):
    """Fine-grained interactive learning, equations 2 to 5."""

    enabled: bool = True
    conv: Literal["conv1d", "conv2d"] = "conv1d"
    kernel: PositiveInt = 3
    relu: bool = True
    """ReLU before the maximum over labels; without it the score lies in (-1, 1)."""
    pooling: Literal["max", "sum", "mean"] = "max"


class CilSettings(Settings):
    """Coarse-grained interactive learning, equations 6 and 7."""

    enabled: bool = True
    dilations: tuple[PositiveInt, ...] = (1, 2, 5, 1, 2, 5, 1, 2, 5, 1, 2, 5, 1, 1, 1)
    kernel: PositiveInt = 3
    width: PositiveInt | None = None
    """Channels of the convolutions; None keeps the encoder's, fewer adds a projection first."""
    gate_bias: float = -2.0
    gate_dropout: float = Field(default=0.1, ge=0, lt=1)
    normalise: bool = False
    """Layer-normalise what each convolution sees, which keeps 15 layers from fading."""
    heads: PositiveInt = 8
    fusion_relu: bool = True


class ClassifierSettings(Settings):
    """What the label classifiers see and how their outputs are mixed (section 3.3.3)."""

    pooling: Pooling = "mean"
    """Text representation of a plain classifier, of the skip and of the contrastive stage."""
    skip: bool = False
    """Add the pooled text representation to what FIL's and CIL's classifiers see."""
    normalise: bool = False
    """Layer-normalise the features, so that classifiers see unit scale from the first step."""
    normalise_skip: bool = False
    """The same for the text that the skip adds; the mean of a sentence encoder's states is small,
    and of small inputs a classifier learns slowly."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    prior_bias: bool = False
    """Start the biases at the labels' training log-odds."""
    gamma: float = Field(default=0.5, ge=0, le=1)
    """Share of FIL in the mixed prediction, gamma of section 3.3.3."""


class ClrlSettings(Settings):
    """Constraint label relations learning, Table 1 and equations 11 and 12."""

    enabled: bool = True
    partition: Literal["table1", "anchor"] = "table1"
    sampling: Literal["uniform", "balanced"] = "uniform"
    pairs: PositiveInt = 1
    """Label pairs drawn for a document in each step."""


class LossSettings(Settings):
    """Weights and reduction of the total loss, equations 8 and 13."""

    alpha: NonNegativeFloat = 1.0
    """Weight of CIL's loss (and of a plain classifier's)."""
    beta: NonNegativeFloat = 1.0
    """Weight of FIL's loss."""
    clrl: NonNegativeFloat = 0.35
    """Weight of CLRL's loss, lambda of equation 13."""
    reduction: Literal["mean", "sum_labels"] = "mean"


class EncoderSettings(Settings):
    """How the pre-trained encoder is run."""

    max_length: PositiveInt = 320
    """Tokens of text, special tokens and labels, if these see the text, together."""
    windows: PositiveInt = 1
    """How many times that length of a long text is read, a part at a time (`clmil.nn.windows`)."""
    hidden_dropout: float = Field(default=0.1, ge=0, lt=1)
    attention_dropout: float = Field(default=0.0, ge=0, lt=1)


class NetworkSettings(Settings):
    """All that decides the shape and the objective of a CL-MIL network."""

    encoder: EncoderSettings = EncoderSettings()
    labels: LabelTokenSettings = LabelTokenSettings()
    fil: FilSettings = FilSettings()
    cil: CilSettings = CilSettings()
    classifier: ClassifierSettings = ClassifierSettings()
    clrl: ClrlSettings = ClrlSettings()
    loss: LossSettings = LossSettings()
    balance: BalanceSettings = BalanceSettings()
    rdrop: RDropSettings = RDropSettings()

    @model_validator(mode="after")
    def _labels_where_needed(self) -> Self:
        needy = [name for name in ("fil", "clrl") if getattr(self, name).enabled]
        if needy and not self.labels.joint:
            raise ValueError(f"{needy[0]} needs label tokens; set labels.joint=true or turn it off")
        return self
