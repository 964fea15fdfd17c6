"""A linear probe: logistic regressions on what a frozen encoder makes of texts."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

ITERATIONS = 100
SMALL = 1e-6
"""Standard deviation below which a feature says nothing."""


class LinearProbe(NamedTuple):
    """One logistic regression a label.

    Attributes:
        weight: (l, h) float32.
        bias: (l,) float32.
    """

    weight: Tensor
    bias: Tensor

    def logits(self, texts: Tensor) -> Tensor:
        """Return (n, l) from (n, h)."""
        return texts @ self.weight.T + self.bias


def fit_probes(
    texts: np.ndarray, targets: np.ndarray, penalties: Sequence[float]
) -> Iterator[tuple[float, LinearProbe]]:
    """Fit probes of all labels together, the strongest penalty first.

    Minimises the sum of binary cross-entropies over known cells plus, for each label with n
    relevant documents, penalty / 2 sqrt(n) |w|^2, w being the weights of standardised features. The
    root leaves rare labels their few examples and holds frequent ones back, whose training
    documents would be told so well that the encoder had nothing to learn from them.

    Args:
        texts: (n, h) float32.
        targets: (n, l) int8, 1 relevant, 0 not, -1 unknown.
        penalties: each gives a probe, which begins where the one before it ended.
    """
    seen = torch.as_tensor(texts)
    middle, spread = seen.mean(dim=0), seen.std(dim=0, correction=0)
    scale = torch.where(spread > SMALL, spread.clamp(min=SMALL).reciprocal(), 0.0)
    features = (seen - middle) * scale
    truth, known = torch.as_tensor(targets == 1).float(), torch.as_tensor(targets >= 0).float()
    relevant, judged = truth.sum(dim=0), known.sum(dim=0)
    bias = torch.log((relevant + 0.5) / (judged - relevant + 0.5)).requires_grad_()
    weight = torch.zeros(features.shape[1], len(bias), requires_grad=True)
    strength = relevant.clamp(min=1.0).sqrt()
    for penalty in sorted(penalties, reverse=True):
        _minimise(features, truth, known, (weight, bias), penalty * strength)
        own = (weight.detach() * scale[:, None]).T.contiguous()
        yield penalty, LinearProbe(own, bias.detach() - own @ middle)


def _minimise(
    features: Tensor, truth: Tensor, known: Tensor, at: tuple[Tensor, Tensor], penalty: Tensor
) -> None:
    """Move weights and bias to the least loss."""
    search = torch.optim.LBFGS(at, max_iter=ITERATIONS, line_search_fn="strong_wolfe")
    weight, bias = at

    def loss() -> Tensor:
        search.zero_grad()
        logits = torch.addmm(bias, features, weight)
        errors = binary_cross_entropy_with_logits(logits, truth, weight=known, reduction="sum")
        whole = (errors + (penalty / 2 * weight.square()).sum()) / max(len(features), 1)
        whole.backward()  # type: ignore[no-untyped-call]
        return whole

    search.step(loss)  # type: ignore[no-untyped-call]
