"""Label-specific attention network, LSAN (Xiao et al. 2019)."""

import torch
from torch import Tensor, nn

from clmil.nn.dropout import Dropout
from clmil.nn.outputs import LabelOutput, label_output
from clmil.nn.pooling import word_mask
from clmil.nn.words.embedding import WordEmbedding, label_table
from clmil.nn.words.masks import masked_softmax
from clmil.nn.words.recurrent import read_both_ways
from clmil.nn.words.settings import LsanSettings


class Lsan(nn.Module):
    """A BiLSTM read by self-attention and by the labels, fused for each label.

    Self-attention A = softmax over words of W2 tanh(W1 H) gives S = A H; the labels' vectors
    C give T = [C H_f' H_f ; C H_b' H_b], products that no softmax tames. A label's row of the
    document is alpha T + (1 - alpha) S. Unlike the public code, the state that the LSTM starts
    from is zero and not noise, the labels' vectors are trained, and padding is left out.
    """

    def __init__(
        self,
        settings: LsanSettings,
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
            label_vectors: (l, h) first values of the labels, h being `settings.hidden`.
        """
        super().__init__()
        self.settings = settings
        self.embedding = WordEmbedding.of(settings.embedding, vocabulary, vectors)
        hidden = settings.hidden
        self.lstm = nn.LSTM(self.embedding.width, hidden, batch_first=True, bidirectional=True)
        self.labels = label_table(labels, hidden, label_vectors)
        self.inner = nn.Linear(2 * hidden, settings.attention, bias=False)
        self.outer = nn.Linear(settings.attention, labels, bias=False)
        self.label_share = nn.Linear(2 * hidden, 1)
        self.self_share = nn.Linear(2 * hidden, 1)
        self.dropout = Dropout(settings.dropout)
        self.output: nn.Module
        self.one_a_label = {"labels": (0,), "outer.weight": (0,)}
        if settings.output == "label_specific":
            self.output = nn.Sequential(
                nn.Linear(2 * hidden, 2 * hidden), nn.ReLU(), nn.Linear(2 * hidden, 1)
            )
        else:
            self.output = nn.Linear(2 * hidden, labels)
            self.one_a_label |= {"output.weight": (0,), "output.bias": (0,)}

    def read(self, text_ids: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Return the BiLSTM's states H, (B, D, 2h), zero on padding, and the (B, D) mask."""
        mask = word_mask(text_ids, lengths)
        words = self.embedding(text_ids.masked_fill(~mask, 0))
        states = read_both_ways(self.lstm, words, lengths.clamp(min=1)).states  # no words read one
        return states.masked_fill(~mask[..., None], 0.0), mask

    def self_attention(self, states: Tensor, mask: Tensor) -> Tensor:
        """Return A, (B, l, D), of states (B, D, 2h); 0 on padding."""
        scores = self.outer(self.inner(states).tanh())
        return masked_softmax(scores.transpose(1, 2), mask[:, None])

    def by_labels(self, states: Tensor) -> Tensor:
        """Return T, (B, l, 2h), of states (B, D, 2h) that are zero on padding."""
        halves = states.chunk(2, dim=-1)
        return torch.cat([(self.labels @ half.transpose(1, 2)) @ half for half in halves], dim=-1)

    def shares(self, by_labels: Tensor, by_itself: Tensor) -> Tensor:
        """Return alpha, (B, l, 1), the share of T beside S; both are (B, l, 2h)."""
        alpha = self.label_share(by_labels).sigmoid()
        beta = self.self_share(by_itself).sigmoid()
        share: Tensor = alpha / (alpha + beta).clamp(min=1e-12)
        return share

    def forward(
        self, text_ids: Tensor, lengths: Tensor, targets: Tensor | None = None
    ) -> LabelOutput:
        """Predict, and compute the loss where targets are given.

        Args:
            text_ids: (B, D) int64, 0 on padding.
            lengths: (B,) int64, words of each text.
            targets: (B, l) int8, 1 relevant, 0 not, -1 unknown.
        """
        states, mask = self.read(text_ids, lengths)
        by_itself = self.self_attention(states, mask) @ states
        by_labels = self.by_labels(states)
        rows = self.dropout(torch.lerp(by_itself, by_labels, self.shares(by_labels, by_itself)))
        if self.settings.output == "label_specific":
            logits = self.output(rows).squeeze(-1)
        else:
            logits = self.output(rows.mean(dim=1))
        return label_output(logits, targets, reduction=self.settings.reduction)
