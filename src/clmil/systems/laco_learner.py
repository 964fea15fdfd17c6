"""Training LACO and its second tasks."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from clmil.systems.encoder_learner import EncoderLearner
from clmil.systems.lessons import Lesson, supervised_stage
from clmil.systems.stages import Stage

if TYPE_CHECKING:
    from clmil.systems.laco import LacoRecipe

TASKS = {
    "none": "",
    "pairs": ", trained beside telling which labels go together",
    "conditional": ", trained beside telling labels from other labels",
}


class LacoLearner(EncoderLearner):
    """Learns all labels, and the second task where the recipe has one."""

    recipe: "LacoRecipe"

    def label_stages(self, lesson: Lesson) -> Sequence[Stage]:
        """Return one stage, judged by the labels alone."""
        second = () if self.recipe.laco.task == "none" else (self.recipe.laco.task,)
        return [
            *self.probing(),
            supervised_stage(
                self.network,
                lesson,
                name="fit",
                part_names=("labels", *second),
                rates=self.recipe.training.rates.model_dump(),
            ),
        ]

    def parts(self) -> str:
        """Return what the network is made of, in words."""
        return f"cross attention of words and labels{TASKS[self.recipe.laco.task]}"
