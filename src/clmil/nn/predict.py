"""Probabilities for word ids, in batches of like length."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from clmil.data.batching import padded_batches
from clmil.decisions.answers import Answers
from clmil.nn.device import device_of


def predict_tokens(
    network: Any,
    ids: Sequence[Sequence[int]],
    *,
    batch_size: int = 32,
    precision: str = "fp32",
) -> np.ndarray:
    """Return (n, l) float32 probabilities; arguments as for `answer_tokens`."""
    labels: int = network.label_count
    return answer_tokens(
        network, ids, labels, batch_size=batch_size, precision=precision
    ).probabilities


def answer_tokens(
    network: nn.Module,
    ids: Sequence[Sequence[int]],
    labels: int,
    *,
    batch_size: int = 32,
    precision: str = "fp32",
) -> Answers:
    """Return the probabilities of texts, and their sets if the network writes some.

    Args:
        network: in eval mode, on any device; from `text_ids` and `lengths` to a `LabelOutput`.
        ids: word ids of each text, without special tokens.
        labels: l.
        batch_size: texts at once.
        precision: `fp32`, `bf16` or `int8`, as the network was prepared (`clmil.nn.prepared`).

    Returns:
        n rows in the order of `ids`.
    """
    probabilities = np.empty((len(ids), labels), dtype=np.float32)
    sets = np.zeros((len(ids), labels), dtype=np.int8)
    writes = False
    device = device_of(network)
    autocast = torch.autocast(device.type, torch.bfloat16, enabled=precision != "fp32")
    with torch.inference_mode(), autocast:
        for rows, batch in padded_batches(ids, batch_size, device):
            output = network(**batch)
            probabilities[rows] = output.probabilities.float().cpu().numpy()
            found = getattr(output, "sets", None)
            if found is not None:
                writes, sets[rows] = True, found.cpu().numpy()
    return Answers(probabilities=probabilities, sets=sets if writes else None)
