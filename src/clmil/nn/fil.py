"""Fine-grained interactive learning (FIL), equations 2 to 5."""

from typing import NamedTuple

from torch import Tensor, nn

from clmil.nn.pooling import at_least_single, inverse_norm, pool_words
from clmil.nn.settings import FilSettings


class FilOutput(NamedTuple):
    """FIL's features and the scores they are made of.

    Attributes:
        features: (B, h), H_FIL.
        scores: (B, D), S, how much each word matters; 0 on padding.
        correlations: (B, D, l), C, cosine of each word with each label; 0 on padding.
    """

    features: Tensor
    scores: Tensor
    correlations: Tensor


class FineGrainedInteraction(nn.Module):
    """Word-by-label interaction: cosine map, convolution, maximum over labels, weighted words."""

    def __init__(self, settings: FilSettings, labels: int) -> None:
        super().__init__()
        self.settings = settings
        self.conv: nn.Conv1d | nn.Conv2d
        if settings.conv == "conv1d":
            self.conv = nn.Conv1d(labels, labels, settings.kernel, padding="same")
        else:
            self.conv = nn.Conv2d(1, labels, settings.kernel, padding="same")

    def forward(self, words: Tensor, labels: Tensor, mask: Tensor) -> FilOutput:
        """Compute H_FIL.

        Args:
            words: (B, D, h), H_Word.
            labels: (B, l, h), H_Label.
            mask: (B, D) bool, true on real words.
        """
        per_word, per_label = inverse_norm(words), inverse_norm(labels)
        products = at_least_single(words @ labels.transpose(1, 2))
        correlations = products * per_word[..., None] * per_label[:, None]
        correlations = correlations.masked_fill(~mask[..., None], 0.0)
        scores = self._convolve(correlations)
        if self.settings.relu:
            scores = scores.relu()
        scores = at_least_single(scores.amax(dim=-1)).tanh().masked_fill(~mask, 0.0)
        # Scaling the words last spares a copy of them at unit length (equation 3).
        weighted = words * (scores * per_word)[..., None].to(words.dtype)
        return FilOutput(pool_words(weighted, mask, self.settings.pooling), scores, correlations)

    def _convolve(self, correlations: Tensor) -> Tensor:
        if self.settings.conv == "conv1d":
            convolved: Tensor = self.conv(correlations.transpose(1, 2))
            return convolved.transpose(1, 2)
        maps: Tensor = self.conv(correlations[:, None])
        return maps.amax(dim=1)
