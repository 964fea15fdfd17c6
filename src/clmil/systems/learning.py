"""What the learners of all torch networks have in common."""

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from torch import nn

from clmil.data.tokens import encode_documents, lengths_of
from clmil.nn.transfer import TransferReport, label_axes, transfer
from clmil.systems.family import Learner, Scorer
from clmil.systems.lessons import Lesson, supervised_stage
from clmil.systems.material import Material, Tokens
from clmil.systems.reading import Reader
from clmil.systems.settings import GradientRecipe
from clmil.systems.soft_targets import soft_targets
from clmil.systems.stages import Place, Stage
from clmil.systems.start import Start

PARTS = ("train", "validation")


class NetworkLearner(Learner):
    """Learns a network over the ids that a reader gives, by default in one supervised stage.

    A subclass says how the reader and the network are made, and what scores.

    Attributes:
        recipe: of the run.
        material: what is learnt from.
        reader: of texts.
        network: what is learnt.
        tokens: the documents as ids, from `read` on.
        soft: what teachers say of the training documents, from the first stage on; None: the
            recipe names no teacher.
    """

    tokens: Tokens

    def __init__(self, recipe: Any, material: Material) -> None:
        self.recipe, self.material = recipe, material
        self.soft = soft_targets(recipe, material)
        self.reader = self.make_reader()
        self.build()

    def build(self) -> None:
        """Make the network, by the chance of the recipe's seed."""
        from transformers import set_seed

        set_seed(self.recipe.seed)
        self.network = self.make_network()

    def check(self, output: Path) -> None:
        """Look at the teachers, if the recipe names some."""
        if self.soft is not None:
            self.soft.check(output)

    def take_up(self, start: Start) -> TransferReport:
        """Copy the weights of a model's network, those of a label where both know it."""
        if label_axes(self.network) is None:
            return super().take_up(start)
        return self.take_weights(start, start.scorer())

    def take_weights(self, start: Start, scorer: Any) -> TransferReport:
        """Copy the weights of the network of a `NetworkScorer`."""
        return transfer(
            scorer.network, start.facts.space.names, self.network, self.material.space.names
        )

    @abstractmethod
    def make_reader(self) -> Reader:
        """Return what turns texts into ids."""

    @abstractmethod
    def make_network(self) -> nn.Module:
        """Build the network; torch's chance was seeded just before."""

    @abstractmethod
    def scorer(self) -> Scorer:
        """Return what scores, with the network as it is now."""

    def read(self, cache: Path, *, made: bool = False) -> None:
        """Turn the documents into ids, memory-mapped from files in `cache`."""
        cache.mkdir(exist_ok=True)
        parts = {}
        for name in PARTS:
            file = cache / f"{name}.arrow"
            if not made:
                documents = getattr(self.material, name)
                encode_documents(documents, self.reader.ids, cache_file=file)
            parts[name] = Dataset.from_file(str(file))
        self.tokens = Tokens(**parts)

    def stages(self, place: Place) -> Sequence[Stage]:
        """Return one stage, which learns all targets, and what comes before it."""
        fit = supervised_stage(self.network, self.lesson(place), name="fit", part_names=("bce",))
        return [*self.first(), fit]

    def first(self) -> Sequence[Stage]:
        """Return what has to come before any other stage: asking the teachers, if there are any."""
        return [] if self.soft is None else [self.soft.stage()]

    def lesson(self, place: Place) -> Lesson:
        """Return what supervised stages learn from."""
        recipe: GradientRecipe = self.recipe
        return Lesson(
            material=self.material,
            tokens=self.tokens,
            training=recipe.training,
            averaging=recipe.averaging,
            seed=recipe.seed,
            place=place,
            soft=self.soft,
        )

    def lengths(self) -> dict[str, float]:
        """Return how many ids of a training text are read, as `About.lengths`."""
        lengths = lengths_of(self.tokens.train)
        return {
            "median": int(np.median(lengths)),
            "p95": int(np.percentile(lengths, 95)),
            "full": round(float((lengths >= self.reader.most).mean()), 4),
        }
