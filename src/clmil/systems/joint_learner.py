"""CL-MIL's learner."""

from collections.abc import Sequence

from clmil.systems.encoder_learner import EncoderLearner
from clmil.systems.family import Scorer
from clmil.systems.joint import JointRecipe
from clmil.systems.joint_stages import contrastive_stage, multi_task_stage
from clmil.systems.lessons import Lesson
from clmil.systems.neighbour_stage import Votes
from clmil.systems.stages import Stage

PARTS = ("contrastive", "fil", "cil", "clrl")


class JointLearner(EncoderLearner):
    """Learns contrastively (section 3.2), then all tasks at once (section 3.3)."""

    recipe: JointRecipe
    votes: Votes | None = None
    _left_out = False

    def label_stages(self, lesson: Lesson) -> Sequence[Stage]:
        """Return the stages that the recipe asks for."""
        first = None
        if self.recipe.contrastive.enabled:
            first = contrastive_stage(self.network, self.recipe, lesson)
            self._left_out = first is None
        stages: list[Stage] = [] if first is None else [first]
        stages += [*self.probing(), multi_task_stage(self.network, self.recipe, lesson)]
        if self.recipe.neighbours.enabled:
            wanted = self.recipe.neighbours
            self.votes = Votes(self.network, self.material, self.tokens, wanted)
            stages.append(self.votes.stage())
        return stages

    def scorer(self) -> Scorer:
        """Return the network, with the votes of training texts where the recipe has them."""
        base = self.network_scorer()
        return base if self.votes is None else self.votes.scorer(base)

    @property
    def notes(self) -> tuple[str, ...]:
        """Tell of a contrastive stage that has nothing to learn from, too."""
        if not self._left_out:
            return super().notes
        return (
            *super().notes,
            "the contrastive stage is left out: in train or in validation no document has both "
            "a rare label and an admissible source.",
        )

    def parts(self) -> str:
        """Return which of CL-MIL's parts are on."""
        parts = [part for part in PARTS if getattr(self.recipe, part).enabled]
        named = ", ".join(parts) or "a plain classifier"
        return named if self.votes is None else f"{named}, and {self.votes.told()}"
