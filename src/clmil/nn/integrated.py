"""Integrated gradients (Sundararajan et al. 2017), by captum."""

from collections.abc import Sequence

import torch
from torch import Tensor

from clmil.nn.probe import Probe

STEPS = 50
"""Points of the integral, a Gauss-Legendre sum."""

BATCH = 10
"""Points at once."""


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
