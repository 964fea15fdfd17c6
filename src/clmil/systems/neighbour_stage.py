"""The stage in which a trained network looks at its training texts, so that they can vote."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from clmil.decisions.neighbours import NeighbourChoice, NeighbourStore, tune
from clmil.nn.network import Network
from clmil.storage.neighbours import load_store, save_store
from clmil.systems.material import Material, Tokens
from clmil.systems.neighbour_scorer import NeighbourScorer, Seen, look_at
from clmil.systems.scoring import NetworkScorer
from clmil.systems.stages import PlainStage
from clmil.systems.vote_settings import VoteSettings


def chosen(
    seen: Seen, store: NeighbourStore, targets: np.ndarray, wanted: VoteSettings
) -> NeighbourChoice:
    """Choose number and weight of the neighbours on validation texts and their (n, l) targets."""
    return tune(
        store,
        store.nearest(seen.texts, max(wanted.counts)),
        seen.probabilities,
        targets,
        temperature=wanted.temperature,
        counts=wanted.counts,
        weights=wanted.weights,
    )


class Votes:
    """The store of a network's training texts, made once the network is trained.

    Args:
        network: that will be trained by then.
        material: what it learns from.
        tokens: the same as ids.
        wanted: among which number and weight are chosen.
    """

    store: NeighbourStore
    choice = NeighbourChoice()

    def __init__(
        self, network: Network, material: Material, tokens: Tokens, wanted: VoteSettings
    ) -> None:
        self.network, self.material, self.tokens, self.wanted = network, material, tokens, wanted

    def stage(self) -> PlainStage:
        """Return the making of the store."""
        return PlainStage(
            name="neighbours",
            run=lambda folder, _: self._make(folder),
            load=self._take,
            documents=int(self.material.annotated.sum()),
        )

    def scorer(self, base: NetworkScorer) -> NeighbourScorer:
        """Return network and store."""
        return NeighbourScorer(base=base, store=self.store, choice=self.choice)

    def told(self) -> str:
        """Return what was chosen, in words."""
        return (
            f"the votes of the {self.choice.neighbours} nearest training texts with the weight "
            f"{self.choice.weight:g}, chosen on validation"
        )

    def _make(self, folder: Path) -> dict[str, Any]:
        """Look at the annotated training texts and at validation; tune on the latter."""
        material, wanted = self.material, self.wanted
        rows = np.flatnonzero(material.annotated)
        store = NeighbourStore.of(
            self._look(self.tokens.train.select(rows)["text_ids"]).texts,
            np.ascontiguousarray(material.train_targets[rows]),
            normalise=wanted.normalise,
        )
        seen = self._look(self.tokens.validation["text_ids"])
        choice = chosen(seen, store, material.validation_targets, wanted)
        save_store(store, choice, folder)
        facts = {"neighbours": choice.neighbours, "weight": choice.weight}
        return facts | {"validation_micro_f1": choice.micro_f1}

    def _take(self, folder: Path) -> None:
        self.store, self.choice = load_store(folder)

    def _look(self, ids: Sequence[Sequence[int]]) -> Seen:
        return look_at(self.network.eval(), list(ids))
