"""Label-embedding attentive model, LEAM (Wang et al. 2018)."""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from clmil.nn.dropout import Dropout
from clmil.nn.losses import label_loss
from clmil.nn.outputs import LabelOutput, label_output
from clmil.nn.pooling import l2_normalise, word_mask
from clmil.nn.words.embedding import WordEmbedding, label_table
from clmil.nn.words.masks import masked_softmax
from clmil.nn.words.settings import LeamSettings


class Leam(nn.Module):
    """Words are weighed by how well a phrase around them agrees with its best label.

    The paper's model: G = cosines of words and labels, m = max over labels of a convolution
    of G, beta = softmax(m), z = sum beta_i v_i, and a two-layer classifier f. The public code
    forgets to subtract the maximum in the softmax, which is done here.
    """

    one_a_label: ClassVar = {
        "labels": (0,),
        "phrases.weight": (0, 1),
        "phrases.bias": (0,),
        "classify.4.weight": (0,),
        "classify.4.bias": (0,),
    }

    def __init__(
        self,
        settings: LeamSettings,
        labels: int,
        vocabulary: int,
        *,
        vectors: Tensor | None = None,
        label_vectors: Tensor | None = None,
    ) -> None:
        """Build the network for l labels and V words.

        Args:
            settings: of the network.
            labels: l.
            vocabulary: V, padding and unknown included.
            vectors: (V, e) first values of the words.
            label_vectors: (l, e) first values of the labels, `embedding.label_vectors`.
        """
        super().__init__()
        self.settings = settings
        self.embedding = WordEmbedding.of(settings.embedding, vocabulary, vectors)
        width = settings.embedding.width
        self.labels = label_table(labels, width, label_vectors)
        self.phrases = nn.Conv1d(labels, labels, settings.kernel)
        self.classify = nn.Sequential(
            Dropout(settings.dropout),
            nn.Linear(width, settings.hidden),
            nn.ReLU(),
            Dropout(settings.dropout),
            nn.Linear(settings.hidden, labels),
        )

    def attend(self, text_ids: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Return z, (B, e), and the weights beta of the words, (B, D), 0 on padding."""
        mask = word_mask(text_ids, lengths)
        words = self.embedding(text_ids.masked_fill(~mask, 0))
        agreement = l2_normalise(words) @ l2_normalise(self.labels).T
        phrases = same_conv(self.phrases, agreement.transpose(1, 2)).relu()
        weights = masked_softmax(phrases.amax(dim=1), mask)
        return (weights[..., None] * words).sum(dim=1), weights

    def forward(
        self, text_ids: Tensor, lengths: Tensor, targets: Tensor | None = None
    ) -> LabelOutput:
        """Predict, and compute the loss and its two parts where targets are given.

        Args:
            text_ids: (B, D) int64, 0 on padding.
            lengths: (B,) int64, words of each text.
            targets: (B, l) int8, 1 relevant, 0 not, -1 unknown.
        """
        told = self.settings
        logits = self.classify(self.attend(text_ids, lengths)[0])
        extra = None if targets is None else self.label_penalty()
        return label_output(
            logits, targets, reduction=told.reduction, extra=extra, weight=told.penalty
        )

    def label_penalty(self) -> Tensor:
        """Return the loss that f makes of each label's vector this label, a scalar.

        The paper's is categorical, for one label a document; `binary` judges each of the l
        outputs by itself, as the prediction does.
        """
        logits = self.classify(self.labels)
        own = torch.arange(len(logits), device=logits.device)
        if self.settings.penalty_loss == "categorical":
            return functional.cross_entropy(logits.float(), own)
        targets = functional.one_hot(own, len(logits))
        return label_loss(logits, targets, reduction=self.settings.reduction)


def same_conv(conv: nn.Conv1d, states: Tensor) -> Tensor:
    """Convolve (B, c, D) to (B, c', D); an even kernel reaches one word further to the right."""
    spare = conv.kernel_size[0] - 1
    convolved: Tensor = conv(functional.pad(states, (spare // 2, spare - spare // 2)))
    return convolved
