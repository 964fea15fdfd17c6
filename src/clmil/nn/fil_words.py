"""What FIL says of single words: equations 2 to 5 read word by word."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from clmil.nn.heads import ClassifierHead
from clmil.nn.network import Network
from clmil.nn.pooling import l2_normalise


class FineGrainedWords(NamedTuple):
    """FIL's view of the words of a text.

    Attributes:
        scores: (B, D), S of equation 4, how much each word matters; 0 on padding.
        correlations: (B, D, l), C of equation 2, cosine of word and label; 0 on padding.
        contributions: (B, D, l), each word's part of the labels' FIL logits; 0 on padding.
    """

    scores: Tensor
    correlations: Tensor
    contributions: Tensor


@torch.inference_mode()
def fine_grained_words(network: Network, text_ids: Tensor, lengths: Tensor) -> FineGrainedWords:
    """Read FIL word by word.

    A logit is a sum over the h features of H_FIL; under the maximum of equation 5 each feature
    comes from one word, which gets its part. The mean and scale of a layer normalisation are
    taken as given, and the bias, a skip and CIL belong to no word.

    Args:
        network: in eval mode, with FIL.
        text_ids: (B, D) int64 word pieces without special tokens.
        lengths: (B,) int64.
    """
    words, mask, _, labels = network.represented(text_ids, lengths)
    found = network.fil(words, labels, mask)
    weighted = l2_normalise(words) * found.scores[..., None]
    shared = weighted * _shares(weighted, mask, network.settings.fil.pooling)
    parts = shared @ _direction(network.fil_head, found.features).transpose(1, 2)
    return FineGrainedWords(found.scores, found.correlations, parts)


def _shares(weighted: Tensor, mask: Tensor, pooling: str) -> Tensor:
    """Return what part of each word's features reaches the pooled ones, (B, D, h) or (B, D, 1)."""
    if pooling == "max":
        first = weighted.masked_fill(~mask[..., None], float("-inf")).argmax(dim=1, keepdim=True)
        chosen = torch.zeros_like(weighted).scatter_(1, first, 1.0)
        return chosen * mask[..., None]
    count = mask.sum(dim=1, keepdim=True).clamp(min=1) if pooling == "mean" else 1
    return (mask / count)[..., None]


def _direction(head: ClassifierHead, features: Tensor) -> Tensor:
    """Return (B, l, h), how much a logit rises with each feature."""
    weight = head.linear.weight[None].float()
    if not isinstance(head.norm, nn.LayerNorm):
        return weight
    spread = (features.var(dim=-1, correction=0, keepdim=True) + head.norm.eps).sqrt()
    return weight * (head.norm.weight / spread)[:, None]
