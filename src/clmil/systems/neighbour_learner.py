"""Training CL-BERT+kNN: a contrastive fine-tune, then the store of its training texts."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from clmil.systems.encoder_learner import EncoderLearner
from clmil.systems.lessons import Lesson, supervised_stage
from clmil.systems.neighbour_scorer import NeighbourScorer
from clmil.systems.neighbour_stage import Votes
from clmil.systems.stages import Stage

if TYPE_CHECKING:
    from clmil.systems.neighbours import NeighbourRecipe


class NeighbourLearner(EncoderLearner):
    """Learns a network, then looks at the training texts with it and tunes their votes."""

    recipe: "NeighbourRecipe"
    votes: Votes

    def label_stages(self, lesson: Lesson) -> Sequence[Stage]:
        """Return the fine-tune, and the making of the store."""
        fit = supervised_stage(
            self.network,
            lesson,
            name="fit",
            part_names=("labels", "contrast"),
            rates=self.recipe.training.rates.model_dump(),
        )
        self.votes = Votes(self.network, self.material, self.tokens, self.recipe.votes)
        return [*self.probing(), fit, self.votes.stage()]

    def scorer(self) -> NeighbourScorer:
        """Return network and store, in fp32."""
        return self.votes.scorer(self.network_scorer())

    def parts(self) -> str:
        """Return what the system is made of, in words."""
        return f"a plain classifier, fine-tuned beside a contrastive loss, and {self.votes.told()}"
