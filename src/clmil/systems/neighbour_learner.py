"""Training CL-BERT+kNN: a contrastive fine-tune, then the store of its training texts."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from clmil.decisions.neighbours import NeighbourChoice, NeighbourStore, tune
from clmil.storage.neighbours import load_store, save_store
from clmil.systems.joint_learner import EncoderLearner
from clmil.systems.lessons import supervised_stage
from clmil.systems.neighbour_scorer import NeighbourScorer, Seen, look_at
from clmil.systems.stages import Place, PlainStage, Stage

if TYPE_CHECKING:
    from clmil.systems.neighbours import NeighbourRecipe


class NeighbourLearner(EncoderLearner):
    """Learns a network, then looks at the training texts with it and tunes their votes."""

    recipe: "NeighbourRecipe"
    store: NeighbourStore
    choice = NeighbourChoice()

    def stages(self, place: Place) -> Sequence[Stage]:
        """Return the fine-tune and the making of the store."""
        fit = supervised_stage(
            self.network,
            self.lesson(place),
            name="fit",
            part_names=("labels", "contrast"),
            rates=self.recipe.training.rates.model_dump(),
        )
        store = PlainStage(
            name="neighbours",
            run=self._make_store,
            load=self._take_store,
            documents=int(self.material.annotated.sum()),
        )
        return [fit, store]

    def scorer(self) -> NeighbourScorer:  # type: ignore[override]
        """Return network and store, in fp32."""
        base = super().scorer()
        return NeighbourScorer(base=base, store=self.store, choice=self.choice)

    def parts(self) -> str:
        """Return what the system is made of, in words."""
        told = self.choice
        return (
            "a plain classifier, fine-tuned beside a contrastive loss, and the votes of the "
            f"{told.neighbours} nearest training texts with the weight {told.weight:g}, chosen on "
            "validation"
        )

    def _make_store(self, folder: Path) -> dict[str, Any]:
        """Look at the annotated training texts and at validation; tune on the latter."""
        material, wanted = self.material, self.recipe.votes
        rows = np.flatnonzero(material.annotated)
        store = NeighbourStore(
            texts=self._look(self.tokens.train.select(rows)["text_ids"]).texts,
            targets=np.ascontiguousarray(material.train_targets[rows]),
        )
        seen = self._look(self.tokens.validation["text_ids"])
        choice = tune(
            store,
            store.nearest(seen.texts, max(wanted.counts)),
            seen.probabilities,
            material.validation_targets,
            temperature=wanted.temperature,
            counts=wanted.counts,
            weights=wanted.weights,
        )
        save_store(store, choice, folder)
        facts = {"neighbours": choice.neighbours, "weight": choice.weight}
        return facts | {"validation_micro_f1": choice.micro_f1}

    def _take_store(self, folder: Path) -> None:
        self.store, self.choice = load_store(folder)

    def _look(self, ids: Sequence[Sequence[int]]) -> Seen:
        return look_at(self.network.eval(), list(ids))
