"""What a network learns: equation 13, over one pass or, with R-Drop, over two."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from clmil.nn.clrl import sample_pairs
from clmil.nn.losses import cross_entropy, label_loss, relation_loss
from clmil.nn.outputs import ClMilOutput, HeadLogits, LabelTerm
from clmil.nn.rdrop import rdrop_loss, twice, twice_rows

if TYPE_CHECKING:
    from clmil.nn.network import Network


def add_loss(
    network: "Network",
    output: ClMilOutput,
    logits: HeadLogits,
    labels: Tensor | None,
    targets: Tensor,
    rows: Tensor | None,
) -> None:
    """Fill in equation 13 and its parts."""
    assert output.probabilities is not None
    weights = network.settings.loss
    own = targets if rows is None else share_of(targets, rows)
    cell_loss = network.balance or cross_entropy
    parts = [
        output.probabilities.new_zeros(())
        if one is None
        else label_loss(one, own, reduction=weights.reduction, batch=targets, cell_loss=cell_loss)
        for one in logits
    ]
    parts.append(_relation_loss(network, labels, targets, rows, like=parts[0]))
    output.loss = weights.alpha * parts[0] + weights.beta * parts[1] + weights.clrl * parts[2]
    output.parts = torch.stack(parts).detach()
    output.terms = tuple(
        LabelTerm(one, weight, weights.reduction, cell_loss)
        for one, weight in zip(logits, (weights.alpha, weights.beta), strict=True)
        if one is not None
    )


def _relation_loss(
    network: "Network",
    labels: Tensor | None,
    targets: Tensor,
    rows: Tensor | None,
    *,
    like: Tensor,
) -> Tensor:
    if labels is None or not network.settings.clrl.enabled or not network.training:
        return like.new_zeros(())
    drawn = sample_pairs(targets, network.strong, network.settings.clrl)
    pairs = drawn if rows is None else drawn.of(rows)
    return relation_loss(network.clrl(labels, pairs), pairs.relation, len(drawn.relation))


def learn_twice(
    network: "Network", text_ids: Tensor, lengths: Tensor, targets: Tensor, rows: Tensor | None
) -> ClMilOutput:
    """Run all documents twice under different dropout, and add R-Drop's loss as a part.

    Equation 13 is over both copies, CLRL with label pairs drawn for each. Labels that do not see
    the text are encoded once for all on a CPU, and so the same for both copies.
    """
    seen = network.represented(twice(text_ids), twice(lengths))
    logits = network.logits(seen)
    output = network.predict(HeadLogits(*(None if one is None else one[::2] for one in logits)))
    copies = None if rows is None else twice_rows(rows)
    add_loss(network, output, logits, seen.labels, twice(targets), copies)
    assert output.loss is not None
    assert output.parts is not None
    own = targets if rows is None else share_of(targets, rows)
    apart = rdrop_loss(logits, own, network.settings.loss, batch=targets)
    output.loss = output.loss + network.settings.rdrop.weight * apart
    output.parts = torch.cat([output.parts, apart.detach()[None]])
    return output


def share_of(targets: Tensor, rows: Tensor, unknown: float = -1) -> Tensor:
    """Return the (B, l) targets in the given rows, all unknown where a row is -1."""
    return targets[rows.clamp(min=0)].masked_fill((rows < 0)[:, None], unknown)
