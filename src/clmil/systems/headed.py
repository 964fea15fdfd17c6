"""What the recipes of systems have in common that put a head of their own on the encoder."""

from typing import TYPE_CHECKING

from pydantic import NonNegativeFloat

from clmil.nn.settings import ClassifierSettings, LabelTokenSettings, NetworkSettings, Settings
from clmil.systems.joint import EncoderRecipe
from clmil.systems.search import Choice, Range
from clmil.systems.settings import GradientSettings

if TYPE_CHECKING:
    from clmil.systems.search import Space

OFF = {"enabled": False}


class HeadRates(Settings):
    """Learning rates by part, as multiples of `training.learning_rate`."""

    encoder: NonNegativeFloat = 1.0
    labels: NonNegativeFloat = 1.0
    classifiers: NonNegativeFloat = 1.0
    """Of all that is in the head."""


class HeadTraining(GradientSettings):
    """The stage that learns by gradient."""

    rates: HeadRates = HeadRates()


class HeadedRecipe(EncoderRecipe):
    """The recipe of a system whose head is its own."""

    labels: LabelTokenSettings = LabelTokenSettings()
    classifier: ClassifierSettings = ClassifierSettings()
    training: HeadTraining = HeadTraining()

    def network(self) -> NetworkSettings:
        """Return the settings of the encoder and of what the classifier sees."""
        return NetworkSettings.model_validate(
            {
                "encoder": self.run_encoder(),
                "labels": self.labels,
                "classifier": self.classifier,
                **dict.fromkeys(("fil", "cil", "clrl"), OFF),
            }
        )


SEARCHED: "Space" = {
    "training.learning_rate": Range(low=3e-5, high=3e-4, log=True),
    "training.epochs": Choice(values=(2, 3, 4, 6)),
    "training.weight_decay": Range(low=1e-3, high=0.1, log=True),
    "training.rates.classifiers": Range(low=1.0, high=20.0, log=True),
    "classifier.normalise": Choice(values=(True, False)),
    "classifier.dropout": Range(low=0.0, high=0.3),
    "encoder.hidden_dropout": Range(low=0.0, high=0.2),
}
"""What is worth a search whatever the head."""
