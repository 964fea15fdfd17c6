"""Several systems side by side, their probabilities weighed on validation."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field, model_validator

from clmil.nn.settings import Settings
from clmil.systems.family import Family, Learner, Scorer
from clmil.systems.settings import Recipe

if TYPE_CHECKING:
    from clmil.systems.material import Material

WITHOUT = ("blend", "sequences")
"""Families whose systems cannot be blended: blends, and those that write label sets."""


class MemberSettings(Settings):
    """One of the systems.

    Given as `{system: NAME}`, with `overrides` of its default recipe or not; kept with the whole
    recipe that this makes.
    """

    system: str
    overrides: tuple[str, ...] = ()
    """`part.key=value`, each."""
    recipe: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _whole(cls, values: Any) -> Any:
        """Write down the recipe, so that it is the same whatever a later version's default is."""
        from clmil.errors import RecipeError
        from clmil.systems.recipe import find_system, load_recipe, parse_recipe

        if not isinstance(values, dict) or "system" not in values:
            return values
        try:
            if find_system(values["system"]).family in WITHOUT:
                raise ValueError(f"{values['system']} cannot be a member of a blend")
            if values.get("recipe"):
                recipe = parse_recipe(values["recipe"])
            else:
                told = [str(one) for one in values.get("overrides", ())]
                recipe = load_recipe("default", system=values["system"], overrides=told)
        except RecipeError as error:
            raise ValueError(str(error).rstrip(".")) from None
        return values | {"recipe": recipe.plain()}

    def parsed(self, seed: int) -> Recipe:
        """Return its recipe, with the seed of the blend."""
        from clmil.systems.recipe import parse_recipe

        return parse_recipe(self.recipe | {"seed": seed})


class BlendRecipe(Recipe):
    """Of `blend`."""

    members: tuple[MemberSettings, ...] = Field(min_length=2)


class BlendFamily(Family):
    """Stages: those of every member, then the weighing."""

    recipes: Mapping[str, type[Recipe]] = {"blend": BlendRecipe}
    modules = ("clmil", "torch", "transformers", "scikit-learn")

    def learner(self, recipe: Any, material: "Material") -> Learner:
        """Make the learner of every member."""
        from clmil.systems.blend_learner import BlendLearner

        return BlendLearner(recipe, material)

    def load(self, folder: Path, labels: int, precision: str) -> Scorer:
        """Read every member."""
        from clmil.systems.blend_scorer import load_blend

        return load_blend(folder, labels, precision)


FAMILY = BlendFamily()
