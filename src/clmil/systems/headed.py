"""What the recipes of systems have in common that put a head of their own on the encoder."""

from pydantic import NonNegativeFloat

from clmil.nn.settings import ClassifierSettings, LabelTokenSettings, NetworkSettings, Settings
from clmil.systems.encoder_recipe import EncoderRecipe
from clmil.systems.joint import COMMON
from clmil.systems.search import Space
from clmil.systems.settings import GradientSettings

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


SEARCHED: Space = {key: kind for key, kind in COMMON.items() if key != "loss.reduction"}
"""What is worth a search whatever the head; each has losses of its own."""
