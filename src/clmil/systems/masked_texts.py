"""Documents of which word pieces are hidden: anew in training, once and for all in validation."""

import numpy as np
import torch
from datasets import Dataset
from torch import Tensor
from torch.utils.data import Dataset as TorchDataset

from clmil.data.batching import pad_texts
from clmil.nn.masked_language import UNASKED, Masking


class OpenTexts(TorchDataset[dict[str, Tensor]]):
    """Word pieces of a batch's documents, labels or none; the network masks them.

    Where several processes train, each gets every `processes`-th document of a batch; a text
    without a piece, which counts nowhere, stands in where that is none.
    """

    def __init__(self, tokens: Dataset, *, budget: int, rank: int = 0, processes: int = 1) -> None:
        self.tokens, self.budget = tokens, budget
        self.rank, self.processes = rank, processes

    def __len__(self) -> int:
        return len(self.tokens)

    def __getitems__(self, indices: list[int]) -> dict[str, Tensor]:
        """Return one padded batch of `text_ids` and `lengths`."""
        own = indices[self.rank :: self.processes]
        ids = [row[: self.budget] for row in self.tokens[own]["text_ids"]] if own else [[]]
        return pad_texts(ids)


class MaskedTexts(TorchDataset[dict[str, Tensor]]):
    """The same, masked by seed and row alone, so that every validation asks for the same."""

    def __init__(self, tokens: Dataset, masking: Masking, *, budget: int, seed: int) -> None:
        self.tokens, self.masking, self.budget, self.seed = tokens, masking, budget, seed

    def __len__(self) -> int:
        return len(self.tokens)

    def __getitems__(self, indices: list[int]) -> dict[str, Tensor]:
        """Return one padded batch, with the pieces to be told as `asked`."""
        rows = zip(indices, self.tokens[indices]["text_ids"], strict=True)
        masked = [self._masked(index, ids[: self.budget]) for index, ids in rows]
        batch = pad_texts([hidden.tolist() for hidden, _ in masked])
        batch["asked"] = torch.full_like(batch["text_ids"], UNASKED)
        for row, (_, asked) in zip(batch["asked"], masked, strict=True):
            row[: len(asked)] = asked
        return batch

    def _masked(self, index: int, ids: list[int]) -> tuple[Tensor, Tensor]:
        if not ids:
            return torch.empty(0, dtype=torch.long), torch.empty(0, dtype=torch.long)
        drawn = int(np.random.SeedSequence([self.seed, index]).generate_state(1)[0])
        row = torch.tensor([ids])
        hidden, asked = self.masking(
            row, torch.ones_like(row, dtype=torch.bool), torch.Generator().manual_seed(drawn)
        )
        return hidden[0], asked[0]
