"""A network that learns from a teacher beside the annotations (Hinton et al. 2015)."""

import torch
from torch import Tensor, nn

from clmil.nn.losses import label_loss, soft_label_loss
from clmil.nn.objective import share_of
from clmil.nn.outputs import LabelOutput


class TaughtNetwork(nn.Module):
    """Adds the teacher's word to the loss of each classifier of a network.

    A classifier's loss is that of all annotated cells, where those that the teacher knows too
    weigh 1 - w, plus w times `soft_label_loss`. Losses of other tasks stay as they are, and so
    does everything where no soft targets are given, as in validation.

    Args:
        network: that gives a `LabelOutput` with its `terms`.
        weight: w in (0, 1].
        temperature: T of `soft_label_loss`.
    """

    def __init__(self, network: nn.Module, *, weight: float, temperature: float) -> None:
        super().__init__()
        self.network, self.weight, self.temperature = network, weight, temperature

    def forward(
        self,
        text_ids: Tensor,
        lengths: Tensor,
        targets: Tensor | None = None,
        soft: Tensor | None = None,
        rows: Tensor | None = None,
    ) -> LabelOutput:
        """Predict, and compute the loss where targets are given.

        Args:
            text_ids: (B, D) int64.
            lengths: (B,) int64.
            targets: (B, l) int8, 1 relevant, 0 not, -1 unknown.
            soft: (B, l) logits of the teacher, NaN where it knows nothing.
            rows: (B,) int64, if the documents are one process's share of a batch, as for
                `Network.forward`; `soft` are then those of the whole batch, as `targets` are.
        """
        shared = {} if rows is None else {"rows": rows}
        output: LabelOutput = self.network(text_ids, lengths, targets, **shared)
        if targets is not None and soft is not None:
            self._add_loss(output, targets, soft, rows)
        return output

    def _add_loss(
        self, output: LabelOutput, targets: Tensor, soft: Tensor, rows: Tensor | None
    ) -> None:
        """Weigh the loss, and put the teacher's own, unweighted, last among the parts."""
        assert output.loss is not None
        assert output.parts is not None
        both = targets.masked_fill(soft.isnan(), -1)
        own_both, own_soft = both, soft
        if rows is not None:
            own_both, own_soft = share_of(both, rows), share_of(soft, rows, torch.nan)
        told = output.loss.new_zeros(())
        for term in output.terms:
            kind = term.reduction
            taught = soft_label_loss(
                term.logits, own_soft, temperature=self.temperature, reduction=kind, batch=soft
            )
            known = label_loss(
                term.logits, own_both, reduction=kind, batch=targets, cell_loss=term.cell_loss
            )
            output.loss = output.loss + self.weight * term.weight * (taught - known)
            told = told + term.weight * taught.detach()
        output.parts = torch.cat([output.parts, told[None]])
