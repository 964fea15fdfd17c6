"""Settings of learning from a teacher (Hinton et al. 2015, Distilling the Knowledge)."""

from typing import Any, Self

from pydantic import Field, PositiveFloat, field_validator, model_validator

from clmil.nn.settings import Settings


class TeacherSettings(Settings):
    """Trained models whose probabilities a network learns beside the annotations."""

    enabled: bool = False
    """On as soon as there is a model."""
    model: tuple[str, ...] = ()
    """Model folders, or models on the hub; the mean of several is taught."""
    weight: float = Field(default=0.5, gt=0, le=1)
    """Of what the teacher says of a label; the annotation has the rest where both say something."""
    temperature: PositiveFloat = 1.0
    """What logits of teacher and network are divided by; above 1 it shows what is less likely."""

    @model_validator(mode="before")
    @classmethod
    def _on_with_a_model(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("model"):
            return {"enabled": True} | values
        return values

    @field_validator("model", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _no_doubt(self) -> Self:
        if self.enabled and not self.model:
            raise ValueError(
                "teacher.enabled needs a teacher.model; give a model folder, or set "
                "teacher.enabled=false too to do without"
            )
        if self.model and not self.enabled:
            raise ValueError(
                "teacher.enabled is false beside a teacher.model; set teacher.enabled=true to "
                "learn from it, or teacher.model=[] too to do without"
            )
        return self
