"""What the recipes of all systems over a pre-trained encoder have."""

from abc import abstractmethod
from typing import Any

from clmil.nn.settings import EncoderSettings, NetworkSettings
from clmil.systems.settings import (
    AdaptationSettings,
    EncoderChoice,
    GradientRecipe,
    LinearProbeSettings,
)
from clmil.systems.teacher_settings import TeacherSettings


class EncoderRecipe(GradientRecipe):
    """The recipe of any system over a pre-trained encoder, which says what its network is."""

    encoder: EncoderChoice = EncoderChoice()
    teacher: TeacherSettings = TeacherSettings()
    adaptation: AdaptationSettings = AdaptationSettings()
    linear_probe: LinearProbeSettings = LinearProbeSettings()

    @abstractmethod
    def network(self) -> NetworkSettings:
        """Return the settings that the saved network's configuration keeps."""

    def head(self) -> dict[str, Any] | None:
        """Return the system's own head, as `clmil.nn.own_heads.make_head` takes it, if any."""
        return None

    def run_encoder(self) -> EncoderSettings:
        """Return how the encoder is run, whichever it is."""
        return EncoderSettings(**self.encoder.model_dump(include=set(EncoderSettings.model_fields)))
