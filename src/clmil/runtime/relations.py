"""How labels are tied in a text, and how they were in training."""

from collections.abc import Sequence

import numpy as np
import torch

from clmil.nn.ties import related
from clmil.runtime.predictor import Predictor


def label_ties(
    predictor: Predictor, text: str, columns: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return how closely labels go together.

    Args:
        predictor: whose network has a relation head.
        text: the text.
        columns: k labels.

    Returns:
        (k, k) float32, symmetric: the relation head's probability that two labels are directly
        related in this text, the mean of both directions; and (k, k) bool, symmetric: whether
        the training documents tie them strongly (equation 10), seen from either.
    """
    network = predictor.network
    (ids,) = predictor.reader.ids([text])
    text_ids = torch.tensor([ids], dtype=torch.int64, device=network.device)
    chosen = torch.tensor(list(columns), device=network.device)
    near = related(network, text_ids, chosen)
    strong = network.strong[chosen][:, chosen]
    return ((near + near.T) / 2).cpu().numpy(), (strong | strong.T).cpu().numpy()
