"""Integrated gradients (Sundararajan et al. 2017): by captum, and in a few points."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from clmil.nn.probe import Probe

STEPS = 50
"""Points of the integral, a Gauss-Legendre sum."""

BATCH = 10
"""Points at once."""

FEW = 1
"""Points of the fast sum. One lies half-way, where a text that takes the place of padding mostly
turns a label on; sums of two or four points, which pass over it, are worse (docs/explain.md)."""


def integrated_gradients(
    probe: Probe, ids: Sequence[int], columns: Sequence[int], *, steps: int = STEPS
) -> Tensor:
    """Return the integrated gradients of each word piece.

    The path leads from padding in the place of every word to the text; the attributions of a
    label add up to the difference of its probability, but for the error of the sum.

    Args:
        probe: of the network.
        ids: D word pieces, at least one.
        columns: k labels.
        steps: points of the integral.

    Returns:
        (k, D), in probability.
    """
    from captum.attr import IntegratedGradients

    method = IntegratedGradients(lambda vectors: probe.log_odds(ids, vectors).sigmoid())
    vectors = probe.vectors(ids)[None]
    baseline = probe.baseline.expand_as(vectors)
    found = [
        method.attribute(vectors, baseline, target=column, n_steps=steps, internal_batch_size=BATCH)
        for column in columns
    ]
    return torch.cat(found).detach().sum(dim=-1)


def path_gradients(
    probe: Probe, ids: Sequence[int], columns: Sequence[int], *, points: int = FEW
) -> Tensor:
    """Return integrated gradients as `integrated_gradients` does, by a sum of few points, or one.

    It takes one forward pass over all points together, and one backward pass a label.

    Args:
        probe: of the network.
        ids: D word pieces, at least one.
        columns: k labels.
        points: points of the Gauss-Legendre sum.

    Returns:
        (k, D), in probability.
    """
    places, weights = np.polynomial.legendre.leggauss(points)
    vectors = probe.vectors(ids)
    way = vectors - probe.baseline
    shares = torch.as_tensor((places + 1) / 2, dtype=way.dtype, device=way.device)
    weight = torch.as_tensor(weights / 2, dtype=way.dtype, device=way.device)
    along = (probe.baseline + shares[:, None, None] * way).requires_grad_()
    found = probe.log_odds(ids, along).sigmoid().sum(dim=0)
    slopes = [torch.autograd.grad(found[column], along, retain_graph=True)[0] for column in columns]
    means = torch.einsum("p,kpde->kde", weight, torch.stack(slopes))
    return (means * way).sum(dim=-1)
