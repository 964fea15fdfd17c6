"""One process's share of each batch, with what the loss needs of the whole batch."""

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset as TorchDataset

from clmil.data.batching import TokenisedDocuments


class SharedDocuments(TorchDataset[dict[str, Tensor]]):
    """Every `processes`-th document of a batch, and the targets of all of them.

    Batches are sorted by length, so that taking turns gives all processes like work. Where a
    batch has fewer documents than there are processes, one stands in that counts nowhere.
    """

    def __init__(
        self, documents: TokenisedDocuments, targets: np.ndarray, *, rank: int, processes: int
    ) -> None:
        self.documents, self.targets = documents, targets
        self.rank, self.processes = rank, processes

    def __len__(self) -> int:
        return len(self.documents)

    def __getitems__(self, indices: list[int]) -> dict[str, Tensor]:
        """Return the share of a batch: `rows` says where in `targets`, (G, l), it stands."""
        rows = list(range(self.rank, len(indices), self.processes))
        batch = self.documents.__getitems__([indices[row] for row in rows or [0]])
        batch["targets"] = torch.from_numpy(self.targets[indices])
        batch["rows"] = torch.tensor(rows or [-1])
        return batch
