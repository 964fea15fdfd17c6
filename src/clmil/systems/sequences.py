"""Networks that write a text's labels one after the other: SGM, SGM+GE and Seq2Set."""

from typing import TYPE_CHECKING, Any

from pydantic import PositiveFloat, PositiveInt

from clmil.nn.sequences.settings import SequenceSettings
from clmil.nn.settings import Settings
from clmil.systems.family import Learner
from clmil.systems.search import Categorical, Range
from clmil.systems.words import WordFamily, WordRecipe

if TYPE_CHECKING:
    from torch import nn

    from clmil.systems.material import Material
    from clmil.systems.search import Space


class ReinforcementSettings(Settings):
    """The second stage of Seq2Set (Yang et al. 2019); `network.reinforcement` has its reward."""

    epochs: PositiveInt = 10
    patience: PositiveInt = 2
    learning_rate: PositiveFloat = 1e-5


class SequenceRecipe(WordRecipe):
    """Of `sgm` and `sgm-ge`."""

    network: SequenceSettings = SequenceSettings()


class SetRecipe(SequenceRecipe):
    """Of `seq2set`."""

    reinforcement: ReinforcementSettings = ReinforcementSettings()


class SequenceFamily(WordFamily):
    """Stages: maximum likelihood; with Seq2Set then self-critical reinforcement."""

    decides = True

    def learner(self, recipe: Any, material: "Material") -> Learner:
        """Build the vocabulary of the training texts and the network."""
        from clmil.systems.sequence_learner import SequenceLearner

        return SequenceLearner(recipe, material, self)

    def search_space(self, recipe: Any) -> "Space":  # noqa: ARG002
        """Return what is worth a search."""
        return {
            "training.learning_rate": Range(low=3e-4, high=3e-3, log=True),
            "training.batch_size": Categorical(values=(32, 64, 128)),
            "network.dropout": Range(low=0.0, high=0.6),
            "network.embedding.dropout": Range(low=0.0, high=0.5),
        }


def network_class(system: str) -> "type[nn.Module]":  # noqa: ARG001
    """Return the class of the network, which is the same for all; settings make the system."""
    from clmil.nn.sequences.model import SequenceModel

    return SequenceModel


FAMILY = SequenceFamily(
    "sequences",
    {"sgm": SequenceRecipe, "sgm-ge": SequenceRecipe, "seq2set": SetRecipe},
    network_class,
)
