"""Batches of documents of like length, the same whatever was interrupted."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset as TorchDataset
from torch.utils.data import Sampler

if TYPE_CHECKING:
    from datasets import Dataset

PAD_TO = 16
"""Batch lengths are rounded up to a multiple of this, which keeps their shapes few."""


class TokenisedDocuments(TorchDataset[dict[str, Tensor]]):
    """Word pieces and targets, fetched a batch at a time from memory-mapped Arrow."""

    def __init__(self, tokens: "Dataset", targets: np.ndarray | None = None) -> None:
        self.tokens, self.targets = tokens, targets

    def __len__(self) -> int:
        return len(self.tokens)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        return self.__getitems__([index])

    def __getitems__(self, indices: list[int]) -> dict[str, Tensor]:
        """Return one padded batch; the loader's collate function passes it through."""
        batch = pad_texts(self.tokens[indices]["text_ids"])
        if self.targets is not None:
            batch["targets"] = torch.from_numpy(self.targets[indices])
        return batch


def pad_texts(ids: Any, *, multiple: int = PAD_TO) -> dict[str, Tensor]:
    """Pad lists of word pieces to (B, D) int64 `text_ids` and (B,) int64 `lengths`."""
    lengths = torch.tensor([len(row) for row in ids], dtype=torch.int64)
    longest = max(int(lengths.max()), 1)
    padded = np.zeros((len(lengths), -(-longest // multiple) * multiple), dtype=np.int64)
    for row, pieces in zip(padded, ids, strict=True):
        row[: len(pieces)] = pieces
    return {"text_ids": torch.from_numpy(padded), "lengths": lengths}


def pass_through(batch: Any) -> Any:
    """Collate nothing: a batch arrives complete."""
    return batch


class LengthBatches(Sampler[list[int]]):
    """Seeded batches: shuffled, grouped by length inside windows of batches, shuffled again.

    The order depends on the seed and the epoch alone, so that a resumed run sees the
    batches that the undisturbed one would have seen.
    """

    def __init__(
        self,
        lengths: np.ndarray,
        batch_size: int,
        *,
        seed: int,
        window: int = 50,
        keep: np.ndarray | None = None,
    ) -> None:
        self.rows = np.arange(len(lengths)) if keep is None else np.flatnonzero(keep)
        self.lengths, self.batch_size, self.seed, self.window = lengths, batch_size, seed, window
        self.epoch, self.drop_last = 0, False

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order `__iter__` gives."""
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-len(self.rows) // self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        rng = np.random.default_rng([self.seed, self.epoch])
        shuffled = rng.permutation(self.rows)
        size = self.batch_size * self.window
        batches: list[np.ndarray] = []
        for start in range(0, len(shuffled), size):
            group = shuffled[start : start + size]
            group = group[np.argsort(-self.lengths[group], kind="stable")]
            batches += [
                group[at : at + self.batch_size] for at in range(0, len(group), self.batch_size)
            ]
        for at in rng.permutation(len(batches)):
            yield batches[at].tolist()


def by_length(lengths: np.ndarray, batch_size: int) -> list[list[int]]:
    """Return batches of rows from longest to shortest, for prediction."""
    order = np.argsort(-lengths, kind="stable")
    return [order[at : at + batch_size].tolist() for at in range(0, len(order), batch_size)]
