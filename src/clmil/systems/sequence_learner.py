"""Training networks that write label sequences."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from clmil.nn.sequences.model import SequenceModel
from clmil.systems.lessons import supervised_stage
from clmil.systems.sequences import SetRecipe
from clmil.systems.stages import Place, Stage
from clmil.systems.word_learner import WordLearner

if TYPE_CHECKING:
    from clmil.systems.sequences import SequenceRecipe

LIKELIHOOD, REINFORCEMENT = "likelihood", "reinforcement"
SHORTER = "words.max_words"


class SequenceLearner(WordLearner):
    """Learns to write label sequences, and with `seq2set` then to be right about the set."""

    recipe: "SequenceRecipe"
    network: SequenceModel

    def stages(self, place: Place) -> Sequence[Stage]:
        """Return the stage of maximum likelihood, and that of the reward where there is one.

        Both are judged by the micro-F1 of the sets that the search finds for validation texts;
        where the reward only makes it worse, the weights of maximum likelihood stay.
        """
        lesson, recipe = self.lesson(place), self.recipe
        first = supervised_stage(
            self.network,
            lesson,
            name=LIKELIHOOD,
            part_names=(LIKELIHOOD,),
            shorter=SHORTER,
            begin=partial(self.network.train_for, "likelihood"),
        )
        if not isinstance(recipe, SetRecipe):
            return [first]
        kept = bool(recipe.network.reinforcement.likelihood)
        told = recipe.reinforcement
        second = supervised_stage(
            self.network,
            lesson,
            name=REINFORCEMENT,
            part_names=("reward", LIKELIHOOD) if kept else ("reward",),
            shorter=SHORTER,
            begin=partial(self.network.train_for, "reward"),
            patience=told.patience,
            may_keep=True,
            settings={"learning_rate": told.learning_rate, "num_train_epochs": told.epochs},
        )
        return [first, second]
