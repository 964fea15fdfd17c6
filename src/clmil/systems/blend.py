"""Several systems side by side, their probabilities weighed on validation."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pydantic import Field, model_validator

from clmil.errors import RecipeError
from clmil.nn.settings import Settings
from clmil.systems.family import Family, Learner, Scorer
from clmil.systems.settings import Recipe, SplitSettings

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
    """`part.key=value`, each; part of the recipe once it is made."""
    recipe: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _whole(cls, values: Any) -> Any:
        """Write down the recipe, so that it is the same whatever a later version's default is."""
        if not isinstance(values, dict) or "system" not in values:
            return values
        try:
            recipe = _member_recipe(**values)
        except RecipeError as error:
            raise ValueError(str(error).rstrip(".")) from None
        except TypeError:
            raise ValueError("a member has the keys system, overrides and recipe") from None
        return {"system": values["system"], "recipe": recipe.plain()}

    def parsed(self, seed: int) -> Recipe:
        """Return its recipe, with the seed of the blend."""
        from clmil.systems.recipe import parse_recipe

        return parse_recipe(self.recipe | {"seed": seed})


def _member_recipe(system: str, overrides: Any = None, recipe: Any = None) -> Recipe:
    """Return a member's recipe: the one that is written down, or its default one with overrides."""
    from clmil.systems.recipe import find_system, load_recipe, parse_recipe

    if find_system(system).family in WITHOUT:
        raise ValueError(f"{system} cannot be a member of a blend")
    if not isinstance(overrides or [], list | tuple):
        raise ValueError("the overrides of a member are a list of part.key=value")
    told = [str(one) for one in overrides or []]
    if not recipe:
        return load_recipe("default", system=system, overrides=told)
    if told or not isinstance(recipe, dict) or recipe.get("system") != system:
        raise ValueError(
            "the recipe of a member is a whole one of its system, without overrides beside it"
        )
    return parse_recipe(recipe)


class BlendRecipe(Recipe):
    """Of `blend`."""

    members: tuple[MemberSettings, ...] = Field(min_length=2)

    def trainings(self) -> tuple[SplitSettings, ...]:
        """Return how every member learns."""
        return tuple(one for each in self.members for one in each.parsed(self.seed).trainings())

    def handed(self, overrides: Sequence[str]) -> Self:
        """Return a blend of default recipes with the overrides that each of them takes."""
        from clmil.systems.recipe import applicable, known_keys, recipe_model

        members = tuple(
            MemberSettings(
                system=one.system,
                overrides=tuple(applicable(overrides, known_keys(recipe_model(one.system)))),
            )
            for one in self.members
        )
        return self.model_copy(update={"members": members})


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
