"""LACO (Zhang et al. 2021), alone and with its second tasks, on the encoder of all systems."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pydantic import model_validator

from clmil.nn.laco_settings import LacoSettings
from clmil.systems.family import Family, Learner, Scorer
from clmil.systems.headed import SEARCHED, HeadedRecipe
from clmil.systems.search import Categorical
from clmil.systems.settings import Recipe

if TYPE_CHECKING:
    from clmil.systems.material import Material
    from clmil.systems.search import Space


class LacoRecipe(HeadedRecipe):
    """Of `laco`, `laco-plcp` and `laco-clcp`."""

    laco: LacoSettings = LacoSettings()

    @model_validator(mode="after")
    def _labels_in_the_input(self) -> Self:
        if not self.labels.joint:
            raise ValueError("LACO needs label tokens; leave out labels.joint")
        return self

    def head(self) -> dict[str, Any]:
        """Return LACO's head."""
        return {"kind": "laco", **self.laco.model_dump(mode="json")}


class LacoFamily(Family):
    """Stages: a fit, of both tasks at once."""

    recipes: Mapping[str, type[Recipe]] = dict.fromkeys(
        ("laco", "laco-plcp", "laco-clcp"), LacoRecipe
    )

    def learner(self, recipe: Any, material: "Material") -> Learner:
        """Load the encoder and build the network on it."""
        from clmil.systems.laco_learner import LacoLearner

        return LacoLearner(recipe, material)

    def load(self, folder: Path, labels: int, precision: str) -> Scorer:
        """Read network and tokenizer, onto the GPU if there is one."""
        from clmil.systems.encoder_scorer import load_scorer

        return load_scorer(folder, labels, precision)

    def search_space(self, recipe: Any) -> "Space":  # noqa: ARG002
        """Return what is worth a search."""
        return {
            **SEARCHED,
            "classifier.skip": Categorical(values=(True, False)),
            "laco.conv": Categorical(values=("conv2d", "conv1d")),
            "laco.reduction": Categorical(values=("mean", "sum_labels")),
        }


FAMILY = LacoFamily()
