"""Batches of documents of like length, the same whatever was interrupted."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset as TorchDataset
from torch.utils.data import Sampler

from clmil.data.padding import PAD_TO, by_length, pad_rows

if TYPE_CHECKING:
    from datasets import Dataset


class Rows(Protocol):
    """Rows of a matrix, read when they are asked for."""

    def __getitem__(self, rows: list[int]) -> np.ndarray:
        """Return the rows of these numbers."""


class TokenisedDocuments(TorchDataset[dict[str, Tensor]]):
    """Word pieces and targets, fetched a batch at a time from memory-mapped Arrow.

    Args:
        tokens: column `text_ids`.
        targets: (n, l) int8.
        soft: from row numbers to (B, l) logits of a teacher, NaN unknown.
    """

    def __init__(
        self, tokens: "Dataset", targets: np.ndarray | None = None, soft: "Rows | None" = None
    ) -> None:
        self.tokens, self.targets, self.soft = tokens, targets, soft

    def __len__(self) -> int:
        return len(self.tokens)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        return self.__getitems__([index])

    def __getitems__(self, indices: list[int]) -> dict[str, Tensor]:
        """Return one padded batch; the loader's collate function passes it through."""
        batch = pad_texts(self.tokens[indices]["text_ids"])
        if self.targets is not None:
            batch["targets"] = torch.from_numpy(self.targets[indices])
        if self.soft is not None:
            batch["soft"] = torch.from_numpy(self.soft[indices])
        return batch


def pad_texts(ids: Any, *, multiple: int = PAD_TO) -> dict[str, Tensor]:
    """Pad lists of word pieces to (B, D) int64 `text_ids` and (B,) int64 `lengths`."""
    padded, lengths = pad_rows(ids, multiple=multiple)
    return {"text_ids": torch.from_numpy(padded), "lengths": torch.from_numpy(lengths)}


def padded_batches(
    ids: Sequence[Sequence[int]],
    batch_size: int,
    device: torch.device | str = "cpu",
    *,
    multiple: int = PAD_TO,
) -> Iterator[tuple[list[int], dict[str, Tensor]]]:
    """Give texts in batches of like length: their B numbers, and what `pad_texts` makes of them.

    Args:
        ids: word ids of each text.
        batch_size: texts at once.
        device: where the batches are put.
        multiple: of which each padded length is one.
    """
    lengths = np.array([len(row) for row in ids], dtype=np.int64)
    for rows in by_length(lengths, batch_size):
        batch = pad_texts([ids[row] for row in rows], multiple=multiple)
        yield rows, {name: part.to(device) for name, part in batch.items()}


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
