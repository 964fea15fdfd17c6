"""One process's share of each batch, with what the loss needs of the whole batch."""

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset as TorchDataset

from clmil.data.batching import Rows, TokenisedDocuments


class SharedDocuments(TorchDataset[dict[str, Tensor]]):
    """Every `processes`-th document of a batch, and the targets of all of them.

    Batches are sorted by length, so that taking turns gives all processes like work. Where a
    batch has fewer documents than there are processes, one stands in that counts nowhere.
    """

    def __init__(
        self,
        documents: TokenisedDocuments,
        targets: np.ndarray,
        *,
        rank: int,
        processes: int,
        soft: Rows | None = None,
    ) -> None:
        self.documents, self.targets, self.soft = documents, targets, soft
        self.rank, self.processes = rank, processes

    def __len__(self) -> int:
        return len(self.documents)

    def __getitems__(self, indices: list[int]) -> dict[str, Tensor]:
        """Return the share of a batch: `rows` says where in `targets`, (G, l), it stands.

        A teacher's `soft` targets are those of the whole batch too.
        """
        rows = list(range(self.rank, len(indices), self.processes))
        batch = self.documents.__getitems__([indices[row] for row in rows or [0]])
        batch["targets"] = torch.from_numpy(self.targets[indices])
        if self.soft is not None:
            batch["soft"] = torch.from_numpy(self.soft[indices])
        batch["rows"] = torch.tensor(rows or [-1])
        return batch
