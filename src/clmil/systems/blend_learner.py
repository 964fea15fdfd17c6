"""Training several systems one after the other, then weighing what they say."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clmil.decisions.stacking import Stack, equal_stack, fit_stack
from clmil.storage.atomic import read_json, write_json
from clmil.systems.blend_scorer import BlendScorer
from clmil.systems.family import About, Learner
from clmil.systems.material import Material
from clmil.systems.registry import family_of
from clmil.systems.stages import GradientStage, Place, PlainStage, Stage

if TYPE_CHECKING:
    from clmil.systems.blend import BlendRecipe

WEIGHTS = "weights.json"


class BlendLearner(Learner):
    """Learns every member by its own stages.

    Attributes:
        members: learners by name, the system's; a system that comes twice gets a number.
        stack: how their probabilities are mixed.
    """

    def __init__(self, recipe: "BlendRecipe", material: Material) -> None:
        self.material = material
        self.members: dict[str, Learner] = {}
        for number, member in enumerate(recipe.members, start=1):
            name = f"{member.system}-{number}" if member.system in self.members else member.system
            own = member.parsed(recipe.seed)
            self.members[name] = family_of(member.system).learner(own, material)
        self.stack = equal_stack(len(self.members))

    def read(self, cache: Path, *, made: bool = False) -> None:
        """Let every member read the texts, into a folder of its own."""
        for name, learner in self.members.items():
            (cache / name).mkdir(parents=True, exist_ok=True)
            learner.read(cache / name, made=made)

    def check(self, output: Path) -> None:
        """Let every member look at what it learns from."""
        for learner in self.members.values():
            learner.check(output)

    def stages(self, place: Place) -> Sequence[Stage]:
        """Return the members' stages, then the weighing.

        Members without a stage that learns by gradient come first, so that where time is short
        the others share what these leave.
        """
        each = [
            [replace(stage, name=f"{name}-{stage.name}") for stage in learner.stages(place)]
            for name, learner in self.members.items()
        ]
        each.sort(key=lambda own: any(isinstance(one, GradientStage) for one in own))
        stages: list[Stage] = [stage for own in each for stage in own]
        documents = len(self.material.validation)
        weighing = PlainStage(
            name="weighing",
            run=lambda folder, _: self._weigh(folder),
            load=self._take_up,
            documents=documents,
        )
        return [*stages, weighing]

    def scorer(self) -> BlendScorer:
        """Return all members and their weights."""
        scorers = {name: learner.scorer() for name, learner in self.members.items()}
        return BlendScorer(members=scorers, stack=self.stack)

    def about(self) -> About:
        """Return what the card says: of the first member that reads pieces, and of all."""
        told = {name: learner.about() for name, learner in self.members.items()}
        weights = dict(zip(told, self.stack.weights, strict=True))
        parts = "; ".join(
            f"{name} with the weight {weights[name]:.2f}: {one.parts}" for name, one in told.items()
        )
        return About(
            reads=" ".join(f"{name}: {one.reads}" for name, one in told.items()),
            parts=f"a blend whose weights were chosen on validation. {parts}",
            encoder=next((one.encoder for one in told.values() if one.encoder), None),
            lengths=next((one.lengths for one in told.values() if one.lengths), None),
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What members have to say."""
        return tuple(note for learner in self.members.values() for note in learner.notes)

    def _weigh(self, folder: Path) -> dict[str, Any]:
        """Choose the weights on validation."""
        texts = list(self.material.validation["text"])
        given = [one.scorer().answer(texts).probabilities for one in self.members.values()]
        stack = fit_stack(given, self.material.validation_targets)
        write_json(folder / WEIGHTS, asdict(stack))
        return {"weights": dict(zip(self.members, stack.weights, strict=True))}

    def _take_up(self, folder: Path) -> None:
        values = read_json(folder / WEIGHTS)
        self.stack = Stack(weights=tuple(values["weights"]), bias=values["bias"])
