"""Word vectors of the word-level networks, and first values of label vectors made of them."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from clmil.errors import RecipeError
from clmil.nn.dropout import Dropout
from clmil.nn.words.settings import EmbeddingSettings

PADDING, UNKNOWN = 0, 1
"""Ids of padding, whose vector is zero and stays so, and of words that are not in the table."""

BOUND = 0.25
"""Random vectors are uniform in (-BOUND, BOUND), as in Kim (2014)."""


class WordEmbedding(nn.Module):
    """A table of word vectors, and dropout on what it gives.

    Raises:
        RecipeError: if the given vectors do not have the shape of the table.
    """

    def __init__(
        self,
        vocabulary: int,
        width: int,
        *,
        vectors: Tensor | None = None,
        trainable: bool = True,
        dropout: float = 0.0,
    ) -> None:
        """Build the table.

        Args:
            vocabulary: V, words with padding (0) and unknown (1).
            width: e.
            vectors: (V, e) first values; random without them. Row 0 is ignored.
            trainable: false keeps the vectors as they are (Kim's `static`).
            dropout: share of elements that training drops.
        """
        super().__init__()
        if vectors is not None and vectors.shape != (vocabulary, width):
            raise RecipeError(
                f"the word vectors have the shape {tuple(vectors.shape)}, but the network wants "
                f"{vocabulary} words of width {width}; set the embedding's width to that of the "
                "vectors."
            )
        self.width = width
        self.table = nn.Embedding(vocabulary, width, padding_idx=PADDING)
        with torch.no_grad():
            if vectors is None:
                self.table.weight.uniform_(-BOUND, BOUND)
            else:
                self.table.weight.copy_(vectors)
            self.table.weight[PADDING].zero_()
        self.table.weight.requires_grad_(trainable)
        self.dropout = Dropout(dropout)

    @classmethod
    def of(
        cls, settings: EmbeddingSettings, vocabulary: int, vectors: Tensor | None
    ) -> "WordEmbedding":
        """Build the table that settings ask for; other arguments as above."""
        return cls(
            vocabulary,
            settings.width,
            vectors=vectors,
            trainable=settings.trainable,
            dropout=settings.dropout,
        )

    def widen(self, vocabulary: int) -> None:
        """Append words until there are V; they get the unknown word's vector."""
        first = self.table.weight.detach()
        rows = torch.cat([first, first[UNKNOWN].expand(vocabulary - len(first), -1)])
        trainable = self.table.weight.requires_grad
        self.table = nn.Embedding(vocabulary, self.width, padding_idx=PADDING, _weight=rows)
        self.table.weight.requires_grad_(trainable)

    def forward(self, ids: Tensor) -> Tensor:
        """Look up (B, D) int64 ids: (B, D, e), zero on padding."""
        looked_up: Tensor = self.dropout(self.table(ids))
        return looked_up


def label_vectors(table: Tensor, names: Sequence[Sequence[int]]) -> Tensor:
    """Return first values of label vectors, (l, e): the mean vector of each name's words.

    This is how LEAM starts its labels (Wang et al. 2018). A label of whose name no word is
    known gets a random vector.

    Args:
        table: (V, e) word vectors.
        names: word ids of each label's name (and description); 0 and 1 are left out.
    """
    result = table.new_empty(len(names), table.shape[1]).uniform_(-BOUND, BOUND)
    for row, ids in enumerate(names):
        known = [word for word in ids if word > PADDING + 1]
        if known:
            result[row] = table[known].detach().mean(dim=0)
    return result


def label_table(labels: int, width: int, first: Tensor | None) -> nn.Parameter:
    """Return trainable label vectors, (l, e), from first values or at random.

    Raises:
        RecipeError: if the first values have another shape.
    """
    if first is None:
        return nn.Parameter(torch.empty(labels, width).uniform_(-BOUND, BOUND))
    if first.shape != (labels, width):
        raise RecipeError(
            f"the label vectors have the shape {tuple(first.shape)}, but the network wants "
            f"{labels} labels of width {width}; set that width to the one of the word vectors."
        )
    return nn.Parameter(first.detach().clone())
