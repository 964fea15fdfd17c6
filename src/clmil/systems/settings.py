"""Parts of recipes that several families of systems share."""

from collections.abc import Sequence
from typing import Any, Literal, Self

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from clmil.decisions.choosing import Choice
from clmil.decisions.objectives import Objective, ObjectiveName
from clmil.nn.settings import EncoderSettings, Settings


class EncoderChoice(EncoderSettings):
    """Which encoder, and how it is run."""

    name: str = "minilm"
    """An alias, a folder or a hub id."""


class AdaptationSettings(Settings):
    """Task-adaptive pre-training by masked language modelling, before all other stages."""

    enabled: bool = False
    share: float = Field(default=0.15, gt=0, lt=1)
    """Of the word pieces that are to be told."""
    max_length: int = Field(default=256, ge=8)
    """Tokens of text and special tokens, of those that training reads and one window holds."""
    learning_rate: PositiveFloat = 5e-5
    head_rate: PositiveFloat = 10.0
    """Of the fresh head, as a multiple of the encoder's."""
    epochs: PositiveInt = 10
    patience: PositiveInt = 2
    max_steps: PositiveInt | None = None
    """Upper bound of steps, whatever the epochs."""


class LinearProbeSettings(Settings):
    """Logistic regressions on the encoder as it is, with which classifiers begin."""

    enabled: bool = False
    penalties: tuple[PositiveFloat, ...] = Field(default=(10.0, 3.0), min_length=1)
    """Of half the squared norm of a label's weights, times the root of its relevant documents,
    beside the summed cross-entropy; the one that is best on validation is taken."""


class SplitSettings(Settings):
    """What training of every system takes."""

    validation_share: float = Field(default=0.1, gt=0, lt=1)
    """Part of the train part that is kept for validation, if the data has none."""


class GradientSettings(SplitSettings):
    """What all stages share that learn by gradient."""

    epochs: PositiveInt = 20
    patience: PositiveInt = 2
    batch_size: PositiveInt = 32
    learning_rate: PositiveFloat = 5e-5
    schedule: Literal["constant", "linear"] = "constant"
    warmup: float = Field(default=0.0, ge=0, lt=1)
    weight_decay: NonNegativeFloat = 0.0
    epsilon: PositiveFloat = 1e-6
    clip: NonNegativeFloat = 1.0
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    evaluations: PositiveInt = 1
    """Validations in an epoch."""
    checkpoint_steps: PositiveInt = 100
    """Steps between checkpoints; every validation writes one too."""
    report_to: tuple[Literal["tensorboard", "wandb", "mlflow"], ...] = ("tensorboard",)


class AveragingSettings(Settings):
    """A moving average of the weights, kept in their place; `clmil.training.averaging`."""

    enabled: bool = False
    decay: float = Field(default=0.99, ge=0, lt=1)
    """Share of the average that a step leaves; about 1 / (1 - decay) steps count."""


class DecisionSettings(Settings):
    """How validation documents decide what is predicted; `clmil.decisions.choosing`."""

    scope: Literal["per-label", "global", "fixed"] = "per-label"
    """A threshold for each label, one for all, or 0.5."""
    objective: ObjectiveName = "macro-f1"
    recall: float = Field(default=0.9, gt=0, le=1)
    """At least, for the objective precision-at-recall."""
    false_positive: NonNegativeFloat = 1.0
    false_negative: NonNegativeFloat = 1.0
    """Costs of a wrong cell, for the objective cost."""
    calibrate: Literal["none", "temperature", "isotonic"] = "none"
    never_empty: bool = False
    """Give every text at least one label."""

    def choice(self, seed: int) -> Choice:
        """Return them as `choose_rule` takes them."""
        objective = Objective(
            name=self.objective,
            recall=self.recall,
            false_positive=self.false_positive,
            false_negative=self.false_negative,
        )
        return Choice(
            scope=self.scope,
            objective=objective,
            calibrate=self.calibrate,
            never_empty=self.never_empty,
            seed=seed,
        )


class Recipe(Settings):
    """Everything that decides a run, given the data; each family adds its own parts."""

    system: str
    seed: int = Field(default=1, ge=0, lt=2**32)
    training: SplitSettings = SplitSettings()
    decisions: DecisionSettings = DecisionSettings()

    def trainings(self) -> tuple[SplitSettings, ...]:
        """Return how it learns; a recipe made of others says how each of them does."""
        return (self.training,)

    def handed(self, overrides: Sequence[str]) -> Self:  # noqa: ARG002
        """Return the recipe with overrides handed on to default recipes that it is made of."""
        return self

    def plain(self) -> dict[str, Any]:
        """Return plain values, as they are written to `recipe.yaml`."""
        return self.model_dump(mode="json")


class GradientRecipe(Recipe):
    """The recipe of a system that learns by gradient."""

    training: GradientSettings = GradientSettings()
    averaging: AveragingSettings = AveragingSettings()
