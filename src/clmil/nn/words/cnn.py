"""The convolutional network of Kim (2014), with Kurata et al.'s (2016) first values."""

import math
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from clmil.labels.sets import DistinctSets, Targets
from clmil.nn.dropout import Dropout
from clmil.nn.outputs import LabelOutput, label_output
from clmil.nn.pooling import masked_max, word_mask
from clmil.nn.words.embedding import WordEmbedding
from clmil.nn.words.settings import CnnSettings


class KimCnn(nn.Module):
    """Filters over windows of words, their maximum over the text, and a linear classifier.

    Windows that hold no word of the text do not count, so padding changes nothing.
    """

    one_a_label: ClassVar = {"output.weight": (0,), "output.bias": (0,)}

    def __init__(
        self, settings: CnnSettings, labels: int, vocabulary: int, *, vectors: Tensor | None = None
    ) -> None:
        """Build the network for l labels and V words; `vectors` are (V, e) first values."""
        super().__init__()
        self.settings = settings
        told = settings.embedding
        self.embedding = WordEmbedding.of(told, vocabulary, vectors)
        self.fixed: WordEmbedding | None = None
        if settings.multichannel:
            first = self.embedding.table.weight.detach()
            self.fixed = WordEmbedding(
                vocabulary, told.width, vectors=first, trainable=False, dropout=told.dropout
            )
        # Kim adds up the channels' filters, which is one filter over both side by side.
        width = told.width * (2 if settings.multichannel else 1)
        self.convs = nn.ModuleList(
            nn.Conv1d(width, settings.filters, span, padding=span - 1) for span in settings.widths
        )
        features = settings.filters * len(settings.widths)
        self.hidden = nn.Linear(features, settings.hidden) if settings.hidden else None
        self.dropout = Dropout(settings.dropout)
        self.output = nn.Linear(settings.hidden or features, labels)
        nn.init.xavier_uniform_(self.output.weight)
        nn.init.zeros_(self.output.bias)

    def start_from_combinations(self, targets: Targets) -> int:
        """Give units of the output layer to label combinations (Kurata et al. 2016).

        Call it once before training; without `settings.cooccurrence` it does nothing.

        Args:
            targets: (n, l) of the training part, -1 unknown; a document with an unknown cell
                tells no combination.

        Returns:
            The number of units that now stand for a combination.
        """
        if self.settings.cooccurrence == "off":
            return 0
        rows = combination_rows(
            targets,
            units=self.output.in_features,
            by_frequency=self.settings.cooccurrence == "frequency",
        )
        with torch.no_grad():
            self.output.weight[:, : len(rows)] = torch.from_numpy(rows).T.to(self.output.weight)
        return len(rows)

    def features(self, text_ids: Tensor, lengths: Tensor) -> Tensor:
        """Return the filters' maxima over each text, (B, number of filters); 0 without words."""
        ids = text_ids.masked_fill(~word_mask(text_ids, lengths), 0)
        words = self.embedding(ids)
        if self.fixed is not None:
            words = torch.cat([words, self.fixed(ids)], dim=-1)
        return torch.cat([self._largest(conv, words, lengths) for conv in self.convs], dim=-1)

    def forward(
        self, text_ids: Tensor, lengths: Tensor, targets: Tensor | None = None
    ) -> LabelOutput:
        """Predict, and compute the loss where targets are given.

        Args:
            text_ids: (B, D) int64, 0 on padding.
            lengths: (B,) int64, words of each text.
            targets: (B, l) int8, 1 relevant, 0 not, -1 unknown.
        """
        found = self.features(text_ids, lengths)
        if self.hidden is not None:
            found = self.hidden(self.dropout(found)).relu()
        logits = self.output(self.dropout(found))
        return label_output(logits, targets, reduction=self.settings.reduction)

    @staticmethod
    def _largest(conv: nn.Module, words: Tensor, lengths: Tensor) -> Tensor:
        maps = functional.relu(conv(words.transpose(1, 2))).transpose(1, 2)
        spare = maps.shape[1] - words.shape[1]  # a filter sees a word in so many windows more
        windows = torch.where(lengths > 0, lengths + spare, lengths)
        return masked_max(maps, word_mask(maps[..., 0], windows))


def combination_rows(targets: Targets, *, units: int, by_frequency: bool = False) -> np.ndarray:
    """Return a hidden unit's weights to the labels for frequent label combinations.

    Combinations of two labels and more come by falling frequency, ties by their labels, until
    there is one for each unit. The weight to a combination's labels is the Glorot bound
    UB = sqrt(6 / (units + l)), or UB sqrt(frequency); to other labels it is 0.

    Returns:
        (r, l) float64, r at most `units`.
    """
    found = DistinctSets.of(targets)
    usable = found.annotated & (found.sets.sum(axis=1) >= 2)
    sets, counts = found.sets[usable], found.counts[usable]
    order = np.lexsort((*(~sets.T[::-1]), -counts))[:units]
    bound = math.sqrt(6.0 / (units + sets.shape[1]))
    scale = np.sqrt(counts[order]) if by_frequency else np.ones(len(order))
    weights: np.ndarray = sets[order] * (bound * scale)[:, None]
    return weights
