"""CL-MIL, its partial systems, and plain classifiers on the same encoder: one family."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, model_validator

from clmil.nn.settings import NetworkSettings, Settings
from clmil.systems.encoder_recipe import EncoderRecipe
from clmil.systems.family import Family
from clmil.systems.search import Categorical, Range, Space
from clmil.systems.settings import (
    EncoderChoice,
    GradientSettings,
    Recipe,
)
from clmil.systems.vote_settings import OptionalVotes

if TYPE_CHECKING:
    from clmil.systems.family import Learner, Scorer
    from clmil.systems.material import Material


class ContrastiveSettings(Settings):
    """The contrastive stage, section 3.2 and equation 1."""

    enabled: bool = True
    anchors: PositiveInt = 8
    """Target documents in a step; 1 is the paper's batch of N + 1."""
    negatives: PositiveInt = 31
    """Sources in a step, N; several anchors share them."""
    rule: Literal["zero", "lowmean", "lowmean_sym", "target_low_only", "disjoint"] = "lowmean"
    low_frequency: PositiveFloat = 1000 / 53840
    """Labels on a smaller share of the training documents count as rare (Table 6 on AAPD)."""
    membership: Literal["any", "all"] = "any"
    scale: PositiveFloat = 20.0
    """Cosines are multiplied by it; 0.05 is equation 1's printed division by tau = 20."""
    literal: bool = False
    """Equation 1's N-fold positive in the denominator."""
    max_length: int = Field(default=230, ge=8)
    learning_rate: PositiveFloat = 5e-5
    epochs: PositiveInt = 20
    patience: PositiveInt = 2
    max_steps: PositiveInt | None = None
    """Upper bound of steps, whatever the epochs."""


class RateSettings(Settings):
    """Learning rates by part, as multiples of `training.learning_rate`."""

    encoder: NonNegativeFloat = 1.0
    labels: NonNegativeFloat = 1.0
    fil: NonNegativeFloat = 1.0
    cil: NonNegativeFloat = 1.0
    clrl: NonNegativeFloat = 1.0
    classifiers: NonNegativeFloat = 1.0


class TrainingSettings(GradientSettings):
    """The multi-task stage and what both stages share."""

    rates: RateSettings = RateSettings()


class JointRecipe(EncoderRecipe, NetworkSettings):
    """The recipe of CL-MIL and its parts."""

    encoder: EncoderChoice = EncoderChoice()
    contrastive: ContrastiveSettings = ContrastiveSettings()
    training: TrainingSettings = TrainingSettings()
    neighbours: OptionalVotes = OptionalVotes()
    """Votes of near training texts beside the network, as in `cl-bert-knn`."""

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if self.rdrop.enabled and self.teacher.enabled:
            raise ValueError("rdrop and teacher cannot both be on; turn one of them off")
        return self

    def network(self) -> NetworkSettings:
        """Return the part that the saved network's configuration keeps."""
        values = self.model_dump(include=set(NetworkSettings.model_fields))
        values["encoder"] = self.run_encoder()
        return NetworkSettings.model_validate(values)


COMMON: Space = {
    "training.learning_rate": Range(low=3e-5, high=3e-4, log=True),
    "training.epochs": Categorical(values=(2, 3, 4, 6)),
    "training.weight_decay": Range(low=1e-3, high=0.1, log=True),
    "training.rates.classifiers": Range(low=1.0, high=20.0, log=True),
    "loss.reduction": Categorical(values=("mean", "sum_labels")),
    "classifier.normalise": Categorical(values=(True, False)),
    "classifier.dropout": Range(low=0.0, high=0.3),
    "encoder.hidden_dropout": Range(low=0.0, high=0.2),
}
"""What is worth a search whatever parts the recipe has on."""

PARTS: dict[str, Space] = {
    "fil": {"training.rates.fil": Range(low=1.0, high=10.0, log=True)},
    "cil": {
        "training.rates.cil": Range(low=1.0, high=10.0, log=True),
        "cil.normalise": Categorical(values=(True, False)),
        "cil.gate_dropout": Range(low=0.0, high=0.3),
    },
    "clrl": {"loss.clrl": Range(low=0.1, high=1.0, log=True)},
    "contrastive": {"contrastive.learning_rate": Range(low=5e-6, high=1e-4, log=True)},
}
"""What a part adds to `COMMON` where the recipe has it on."""


class JointFamily(Family):
    """Stages: contrastive, then multi-task, then perhaps a store of the training texts."""

    shared = True
    recipes: Mapping[str, type[Recipe]] = dict.fromkeys(
        ("cl-mil", "mil", "dil", "fil", "cil", "bert", "bert-joint", "bert-joint+clrl"),
        JointRecipe,
    )

    def learner(self, recipe: Any, material: "Material") -> "Learner":
        """Load the encoder and build the network on it."""
        from clmil.systems.joint_learner import JointLearner

        return JointLearner(recipe, material)

    def load(self, folder: Path, labels: int, precision: str) -> "Scorer":
        """Read network and tokenizer, onto the GPU if there is one."""
        from clmil.storage.neighbours import holds_store
        from clmil.systems.encoder_scorer import load_scorer
        from clmil.systems.neighbour_scorer import NeighbourScorer

        base = load_scorer(folder, labels, precision)
        return NeighbourScorer.load(base, folder) if holds_store(folder) else base

    def search_space(self, recipe: Any) -> Space:
        """Return what is worth a search, of the parts that a recipe has on."""
        space = dict(COMMON)
        for name, more in PARTS.items():
            space |= more if getattr(recipe, name).enabled else {}
        if recipe.fil.enabled or recipe.cil.enabled:
            space["classifier.skip"] = Categorical(values=(True, False))
        if recipe.fil.enabled and recipe.cil.enabled:
            space["classifier.gamma"] = Range(low=0.2, high=0.8)
        return space


FAMILY = JointFamily()
