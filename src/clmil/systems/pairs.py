"""Steps of the contrastive stage: anchors, and a pool of sources that they share (section 3.2)."""

from collections.abc import Iterator

import numpy as np
import torch
from datasets import Dataset
from torch import Tensor
from torch.utils.data import Dataset as TorchDataset
from torch.utils.data import Sampler

from clmil.data.batching import pad_texts
from clmil.labels.negatives import NegativeSampler
from clmil.nn.contrastive import doubled


class ContrastiveSteps(Sampler[list[int]]):
    """Seeded steps. Each is `[A, anchors ..., sources ...]`, rows of the training part.

    With one anchor this is the paper's batch of N + 1; with more, each anchor draws its share
    of the pool and `NegativeSampler.admissible` says which sources count for which anchor.
    """

    def __init__(
        self,
        targets: np.ndarray,
        sampler: NegativeSampler,
        *,
        anchors: int,
        negatives: int,
        seed: int,
    ) -> None:
        self.targets, self.sampler, self.seed = targets, sampler, seed
        self.anchors, self.negatives = anchors, negatives
        self.epoch, self.batch_size, self.drop_last = 0, anchors, False

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose steps `__iter__` gives."""
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-len(self.targets) // self.anchors)

    def __iter__(self) -> Iterator[list[int]]:
        rng = np.random.default_rng([self.seed, self.epoch])
        order = rng.permutation(self.targets)
        share = -(-self.negatives // self.anchors)
        drawn = self.sampler.sample(order, share, rng)
        for start in range(0, len(order), self.anchors):
            anchors = order[start : start + self.anchors]
            pool = np.unique(drawn[start : start + self.anchors])
            pool = rng.permutation(pool[pool >= 0])[: self.negatives]
            yield [len(anchors), *anchors.tolist(), *pool.tolist()]


class ContrastiveDocuments(TorchDataset[dict[str, Tensor]]):
    """Word pieces of a step's documents and which sources count for which anchor.

    Where several processes train, each gets every `processes`-th row of
    `clmil.nn.contrastive.doubled`; the first document stands in where that is none.
    """

    def __init__(
        self,
        tokens: Dataset,
        sampler: NegativeSampler,
        *,
        budget: int,
        rank: int = 0,
        processes: int = 1,
    ) -> None:
        self.tokens, self.sampler, self.budget = tokens, sampler, budget
        self.rank, self.processes = rank, processes

    def __len__(self) -> int:
        return len(self.tokens)

    def __getitems__(self, step: list[int]) -> dict[str, Tensor]:
        """Return the batch of one step of `ContrastiveSteps`."""
        number, rows = step[0], np.asarray(step[1:])
        own = rows
        if self.processes > 1:
            twice = rows[doubled(number, len(rows))]
            own = twice[self.rank :: self.processes] if self.rank < len(twice) else rows[:1]
        batch = pad_texts([row[: self.budget] for row in self.tokens[own]["text_ids"]])
        allowed = self.sampler.admissible(rows[:number], rows[number:])
        batch["admissible"] = torch.from_numpy(np.ascontiguousarray(allowed))
        return batch
