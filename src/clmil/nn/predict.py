"""Probabilities for word pieces, in batches of like length."""

from collections.abc import Sequence

import numpy as np
import torch

from clmil.data.batching import by_length, pad_texts
from clmil.nn.network import Network


def predict_tokens(
    network: Network,
    ids: Sequence[Sequence[int]],
    *,
    batch_size: int = 32,
    precision: str = "fp32",
) -> np.ndarray:
    """Return (n, l) float32 probabilities, in the order of `ids`.

    Args:
        network: in eval mode, on any device.
        ids: word pieces of each text, without special tokens.
        batch_size: texts at once.
        precision: `fp32`, `bf16` or `int8`, as the network was prepared (`clmil.nn.prepared`).
    """
    result = np.empty((len(ids), network.label_count), dtype=np.float32)
    lengths = np.array([len(row) for row in ids], dtype=np.int64)
    device = network.device
    autocast = torch.autocast(device.type, torch.bfloat16, enabled=precision != "fp32")
    with torch.inference_mode(), autocast:
        for rows in by_length(lengths, batch_size):
            batch = pad_texts([ids[row] for row in rows])
            output = network(**{name: value.to(device) for name, value in batch.items()})
            result[rows] = output.probabilities.float().cpu().numpy()
    return result
