"""LEAM with attention of each label's own, after the released script (Wang et al. 2018)."""

from typing import ClassVar

from torch import Tensor, nn

from clmil.nn.dropout import Dropout
from clmil.nn.outputs import LabelOutput, label_output
from clmil.nn.pooling import word_mask
from clmil.nn.words.embedding import WordEmbedding, label_table
from clmil.nn.words.leam import same_conv
from clmil.nn.words.masks import masked_softmax
from clmil.nn.words.settings import LeamLabelwiseSettings


class LeamLabelwise(nn.Module):
    """Each label weighs the words for itself; the form of LEAM's script for many labels.

    H = ReLU(Conv(V)), beta_k = softmax over words of H c_k, z_k = sum beta_ik H_i, and one
    logistic unit a label. That script's test score took a softmax across labels for a
    probability; here it is the sigmoid that training uses.
    """

    one_a_label: ClassVar = {"labels": (0,), "output.weight": (0,), "output.bias": (0,)}

    def __init__(
        self,
        settings: LeamLabelwiseSettings,
        labels: int,
        vocabulary: int,
        *,
        vectors: Tensor | None = None,
        label_vectors: Tensor | None = None,
    ) -> None:
        """Build the network; arguments as for `Leam`."""
        super().__init__()
        self.settings = settings
        self.embedding = WordEmbedding.of(settings.embedding, vocabulary, vectors)
        width = settings.embedding.width
        self.labels = label_table(labels, width, label_vectors)
        self.phrases = nn.Conv1d(width, width, settings.kernel)
        self.dropout = Dropout(settings.dropout)
        self.output = nn.Linear(width, labels)

    def attend(self, text_ids: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Return z, (B, l, e), and the weights beta, (B, l, D), 0 on padding."""
        mask = word_mask(text_ids, lengths)
        words = self.embedding(text_ids.masked_fill(~mask, 0))
        phrases = same_conv(self.phrases, words.transpose(1, 2)).relu()
        weights = masked_softmax(self.labels @ phrases, mask[:, None])
        return weights @ phrases.transpose(1, 2), weights

    def forward(
        self, text_ids: Tensor, lengths: Tensor, targets: Tensor | None = None
    ) -> LabelOutput:
        """Predict, and compute the loss where targets are given; shapes as in `Leam`."""
        seen = self.dropout(self.attend(text_ids, lengths)[0])
        logits = (seen * self.output.weight).sum(dim=-1) + self.output.bias
        return label_output(logits, targets, reduction=self.settings.reduction)
