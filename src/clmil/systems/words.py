"""Networks over word vectors: CNN, LEAM and LSAN; and the family of any network like them."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clmil.nn.words.settings import (
    CnnSettings,
    LeamLabelwiseSettings,
    LeamSettings,
    LsanSettings,
    OverWordsSettings,
    ReadingSettings,
)
from clmil.systems.family import Family, Learner, Scorer, only_fp32
from clmil.systems.search import Categorical, Range
from clmil.systems.settings import GradientRecipe, Recipe
from clmil.systems.teacher_settings import TeacherSettings

if TYPE_CHECKING:
    from torch import nn

    from clmil.systems.material import Material
    from clmil.systems.search import Space


class WordChoice(ReadingSettings):
    """Which words are read, and where their vectors come from."""

    vectors: str | None = None
    """File of vectors in the text format of word2vec or GloVe (.gz too); None: random ones."""


class WordRecipe(GradientRecipe):
    """The recipe of a network over words; a system adds its `network`."""

    words: WordChoice = WordChoice()
    network: OverWordsSettings


class LabelRecipe(WordRecipe):
    """The recipe of one that gives probabilities, which a teacher's can be held against."""

    teacher: TeacherSettings = TeacherSettings()


class CnnRecipe(LabelRecipe):
    """Of `cnn`."""

    network: CnnSettings = CnnSettings()


class LeamRecipe(LabelRecipe):
    """Of `leam`."""

    network: LeamSettings = LeamSettings()


class LeamLabelwiseRecipe(LabelRecipe):
    """Of `leam-labelwise`."""

    network: LeamLabelwiseSettings = LeamLabelwiseSettings()


class LsanRecipe(LabelRecipe):
    """Of `lsan`."""

    network: LsanSettings = LsanSettings()


class WordFamily(Family):
    """Stages: a fit.

    Args:
        kind: name of the family's module.
        recipes: by system.
        classes: from a system to its network's class, which takes settings, l, V and `vectors`,
            and `label_vectors` if it wants some; called only where torch is.
    """

    def __init__(
        self,
        kind: str,
        recipes: Mapping[str, type[Recipe]],
        classes: Callable[[str], "type[nn.Module]"],
    ) -> None:
        self.kind, self.recipes, self.classes = kind, recipes, classes

    def learner(self, recipe: Any, material: "Material") -> Learner:
        """Build the vocabulary of the training texts and the network."""
        from clmil.systems.word_learner import WordLearner

        return WordLearner(recipe, material, self)

    def load(self, folder: Path, labels: int, precision: str) -> Scorer:
        """Read network and vocabulary, onto the GPU if there is one."""
        from clmil.systems.word_learner import load_scorer

        only_fp32(precision, "a network over words")
        return load_scorer(self, folder, labels)

    def build(self, system: str, settings: Any, sizes: Sequence[int], **first: Any) -> "nn.Module":
        """Build a system's network.

        Args:
            system: its name.
            settings: of the network.
            sizes: l and V.
            first: `vectors` (V, e) and `label_vectors` (l, e), its first values; those that the
                network does not take are left out.
        """
        made: Any = self.classes(system)
        taken = inspect.signature(made).parameters
        network: nn.Module = made(settings, *sizes, **{k: first[k] for k in taken if k in first})
        return network

    def settings(self, system: str, values: Mapping[str, Any]) -> Any:
        """Return the validated settings of a system's network."""
        kind: Any = self.recipes[system].model_fields["network"].annotation
        return kind.model_validate(values)

    def search_space(self, recipe: Any) -> "Space":  # noqa: ARG002
        """Return what is worth a search for every network over words."""
        return {
            "training.learning_rate": Range(low=3e-4, high=3e-3, log=True),
            "training.batch_size": Categorical(values=(32, 64, 128)),
            "network.dropout": Range(low=0.0, high=0.6),
            "network.embedding.dropout": Range(low=0.0, high=0.5),
            "network.reduction": Categorical(values=("mean", "sum_labels")),
        }


def network_class(system: str) -> "type[nn.Module]":
    """Return the class of a network of this module's systems."""
    from clmil.nn.words.cnn import KimCnn
    from clmil.nn.words.leam import Leam
    from clmil.nn.words.leam_labelwise import LeamLabelwise
    from clmil.nn.words.lsan import Lsan

    classes: dict[str, type[nn.Module]] = {
        "cnn": KimCnn,
        "leam": Leam,
        "leam-labelwise": LeamLabelwise,
        "lsan": Lsan,
    }
    return classes[system]


FAMILY = WordFamily(
    "words",
    {
        "cnn": CnnRecipe,
        "leam": LeamRecipe,
        "leam-labelwise": LeamLabelwiseRecipe,
        "lsan": LsanRecipe,
    },
    network_class,
)
