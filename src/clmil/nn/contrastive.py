"""The contrastive loss of section 3.2, equation 1."""

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from clmil.nn.pooling import l2_normalise

if TYPE_CHECKING:
    from clmil.nn.network import Network


def contrastive_loss(
    anchors: Tensor,
    positives: Tensor,
    sources: Tensor,
    admissible: Tensor,
    *,
    scale: float = 20.0,
    literal: bool = False,
) -> Tensor:
    """Pull each anchor to its positive and push it from the admissible sources.

    Args:
        anchors: (A, h), t.
        positives: (A, h), t+, the same texts under another dropout mask.
        sources: (S, h), s, a pool shared by the anchors.
        admissible: (A, S) bool; other sources neither count nor receive a gradient.
        scale: what cosines are multiplied by; 1/20 is equation 1 as printed, which divides
            by tau = 20.
        literal: count the positive once a negative in the denominator, as equation 1 prints
            it: log N + log(1 + 1/N sum exp(n - p)).

    Returns:
        The mean over anchors with an admissible source; 0 where there is none.
    """
    anchors, positives, sources = (l2_normalise(group) for group in (anchors, positives, sources))
    positive = scale * (anchors * positives).sum(dim=-1, keepdim=True)
    with torch.autocast(anchors.device.type, enabled=False):  # as exact as the positive
        negative = scale * (anchors @ sources.T)
    negative = negative.masked_fill(~admissible, -math.inf)
    number = admissible.sum(dim=1, keepdim=True)
    weight = number.clamp(min=1).log() if literal else torch.zeros_like(positive)
    terms = torch.logsumexp(torch.cat([positive + weight, negative], dim=1), dim=1) - positive[:, 0]
    used = number[:, 0] > 0
    return terms.masked_fill(~used, 0.0).sum() / used.sum().clamp(min=1)


def doubled(anchors: int, documents: int) -> list[int]:
    """Return the rows of a step's documents, its anchors twice: anchors, again, sources."""
    return [*range(anchors), *range(documents)]


class ContrastiveNetwork(torch.nn.Module):
    """A network seen through its text representation alone: `[CLS] x [SEP]`, no label tokens.

    Where several processes train, each one represents every `processes`-th row of `doubled`,
    and all compute the loss over the whole pool.
    """

    def __init__(
        self,
        network: "Network",
        *,
        scale: float,
        literal: bool,
        rank: int = 0,
        processes: int = 1,
    ) -> None:
        super().__init__()
        self.network, self.scale, self.literal = network, scale, literal
        self.rank, self.processes = rank, processes

    def forward(self, text_ids: Tensor, lengths: Tensor, admissible: Tensor) -> dict[str, Tensor]:
        """Compute equation 1 for one step.

        Args:
            text_ids: (A + S, D) int64, the anchors and then the sources; in training by several
                processes, this one's rows of `doubled`.
            lengths: (A + S,) int64, or those of the rows.
            admissible: (A, S) bool.
        """
        number, sources = admissible.shape
        shared = self.training and self.processes > 1
        if shared:
            own = self.network.represent(text_ids, lengths)
            states = self._pool(own, 2 * number + sources)
        else:  # each anchor a second time, under its own dropout mask
            twice = torch.tensor(doubled(number, number + sources), device=text_ids.device)
            states = self.network.represent(text_ids[twice], lengths[twice])
        loss = contrastive_loss(
            states[:number],
            states[number : 2 * number],
            states[2 * number :],
            admissible,
            scale=self.scale,
            literal=self.literal,
        )
        if shared:  # every process has the whole loss; the gradient is of its own rows alone
            loss = loss - loss.detach() * (1 - 1 / self.processes) + 0 * own.sum()
        return {"loss": loss, "parts": loss.detach()[None]}

    def _pool(self, own: Tensor, total: int) -> Tensor:
        """Return all (total, h) rows: this process's with their gradient, the others' without."""
        most = -(-total // self.processes)
        padded = own.new_zeros(most, own.shape[1])
        padded[: len(own)] = own.detach()
        parts = [torch.empty_like(padded) for _ in range(self.processes)]
        torch.distributed.all_gather(parts, padded)
        pool = torch.stack(parts, dim=1).flatten(0, 1)[:total]  # row r is of process r mod n
        place = torch.arange(self.rank, total, self.processes, device=own.device)
        return pool.index_copy(0, place, own[: len(place)])
