"""What a network over text says, mixed with the votes of near training texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import torch

from clmil.data.batching import padded_batches
from clmil.decisions.answers import Answers
from clmil.decisions.neighbours import NeighbourChoice, NeighbourStore, mix
from clmil.errors import ModelError
from clmil.nn.network import Network
from clmil.storage.neighbours import load_store, save_store
from clmil.systems.scoring import CHUNK, NetworkScorer


class Seen(NamedTuple):
    """What a network makes of n texts: representations (n, h), probabilities (n, l), float32."""

    texts: np.ndarray
    probabilities: np.ndarray


def look_at(
    network: Network, ids: Sequence[Sequence[int]], *, batch_size: int = 32, precision: str = "fp32"
) -> Seen:
    """Run a network in eval mode once over texts; arguments as for `answer_tokens`."""
    width = int(network.encoder.config.hidden_size)
    texts = np.empty((len(ids), width), dtype=np.float32)
    probabilities = np.empty((len(ids), network.label_count), dtype=np.float32)
    device = network.device
    autocast = torch.autocast(device.type, torch.bfloat16, enabled=precision != "fp32")
    with torch.inference_mode(), autocast:
        for rows, batch in padded_batches(ids, batch_size, device):
            seen = network.represented(**batch)
            texts[rows] = seen.pooled.float().cpu().numpy()
            probabilities[rows] = network.judge(seen)["probabilities"].float().cpu().numpy()
    return Seen(texts, probabilities)


def voted(seen: Seen, store: NeighbourStore, choice: NeighbourChoice) -> np.ndarray:
    """Return the (n, l) float32 probabilities of texts, mixed with the votes of near ones."""
    if not (choice.weight and len(seen.texts)):
        return seen.probabilities
    found = store.nearest(seen.texts, choice.neighbours)
    return mix(seen.probabilities, store.vote(found, choice.temperature), choice.weight)


@dataclass(frozen=True, kw_only=True, eq=False)
class NeighbourScorer:
    """A `clmil.systems.family.Scorer`.

    Attributes:
        base: the network alone.
        store: the training texts as that network saw them in fp32.
        choice: number and weight of the neighbours.
    """

    base: NetworkScorer
    store: NeighbourStore
    choice: NeighbourChoice
    decides = False

    @classmethod
    def load(cls, base: NetworkScorer, folder: Path) -> Self:
        """Take up the store of a model folder.

        Raises:
            ModelError: if it is missing, damaged or does not fit the network.
        """
        store, choice = load_store(folder)
        shape = int(base.network.encoder.config.hidden_size), base.labels
        if (store.texts.shape[1], store.targets.shape[1]) != shape:
            raise ModelError(
                f"the store of neighbours in {folder} does not fit the network; the files do not "
                "belong together, restore the folder."
            )
        return cls(base=base, store=store, choice=choice)

    @property
    def network(self) -> Network:
        """The network, as it was trained."""
        network: Network = self.base.network
        return network

    @property
    def reader(self) -> Any:
        """Of texts, for the network."""
        return self.base.reader

    @property
    def precision(self) -> str:
        """In which the network computes."""
        return self.base.precision

    def answer(self, texts: Sequence[str], batch_size: int = 32) -> Answers:
        """Return the network's probabilities, mixed with the votes of near training texts."""
        starts = range(0, max(len(texts), 1), CHUNK)
        parts = [self._mixed(texts[start : start + CHUNK], batch_size) for start in starts]
        return Answers(probabilities=np.concatenate(parts))

    def save(self, folder: Path) -> None:
        """Write network, reader and store."""
        self.base.save(folder)
        save_store(self.store, self.choice, folder)

    def _mixed(self, texts: Sequence[str], batch_size: int) -> np.ndarray:
        base, choice = self.base, self.choice
        seen = look_at(
            base.prepared or base.network,
            base.reader.ids(texts),
            batch_size=batch_size,
            precision=base.precision,
        )
        return voted(seen, self.store, choice)
