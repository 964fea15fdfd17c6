"""What a predicted label set is worth, and the self-critical loss (Yang et al. 2019).

Rewards see sets: neither the order in which labels are written matters, nor anything after the
end of a sequence.
"""

from typing import Literal

from torch import Tensor


def set_f1(sets: Tensor, targets: Tensor) -> Tensor:
    """Return each document's F1, (B,) float32; two empty sets agree, which is 1.

    Args:
        sets: (B, l) bool, predicted labels.
        targets: (B, l) int8, -1 unknown, which counts nowhere.
    """
    predicted, relevant = sets & (targets >= 0), targets == 1
    common = (predicted & relevant).sum(dim=1).float()
    size = (predicted.sum(dim=1) + relevant.sum(dim=1)).float()
    return (2 * common / size.clamp(min=1)).masked_fill(size == 0, 1.0)


def set_accuracy(sets: Tensor, targets: Tensor) -> Tensor:
    """Return each document's share of right cells among the known, (B,) float32, 1 - Hamming.

    Arguments as for `set_f1`; a document without known cells has 1.
    """
    known = targets >= 0
    wrong = ((sets != (targets == 1)) & known).sum(dim=1).float()
    return 1 - wrong / known.sum(dim=1).clamp(min=1)


def set_reward(sets: Tensor, targets: Tensor, kind: Literal["f1", "hamming", "mean"]) -> Tensor:
    """Return (B,) rewards by F1, by right cells, or the mean of the two."""
    if kind == "f1":
        return set_f1(sets, targets)
    if kind == "hamming":
        return set_accuracy(sets, targets)
    return (set_f1(sets, targets) + set_accuracy(sets, targets)) / 2


def self_critical_loss(
    log_probabilities: Tensor, alive: Tensor, advantage: Tensor, annotated: Tensor
) -> Tensor:
    """Return -(1/B) sum over documents of (r(sampled) - r(greedy)) sum over t of log p.

    Args:
        log_probabilities: (B, T), of the sampled tokens.
        alive: (B, T) bool, steps up to and with the end; others count nowhere.
        advantage: (B,), reward of the sampled set less that of the greedy one; a constant.
        annotated: (B,) bool, documents with a known cell; B counts these.
    """
    sequence = log_probabilities.masked_fill(~alive, 0.0).sum(dim=1)
    weighted = (advantage.detach() * sequence).masked_fill(~annotated, 0.0)
    return -weighted.sum() / annotated.sum().clamp(min=1)
