"""What a stage's model makes of validation texts: its loss, and where the texts lie."""

import numpy as np
import torch

from clmil.data.batching import padded_batches
from clmil.nn.network import Network
from clmil.nn.pooling import pool_text
from clmil.systems.stages import GradientStage

POOLINGS = ("mean", "cls")
BATCH = 32


def validation_loss(stage: GradientStage) -> float:
    """Return the mean loss of a stage's model over its validation part, batches by their texts."""
    device = next(stage.model.parameters()).device
    losses, sizes = [], []
    with torch.inference_mode():
        for rows in stage.data.validation_batches:
            batch = stage.data.validation.__getitems__(rows)  # type: ignore[attr-defined]
            output = stage.model(**{name: part.to(device) for name, part in batch.items()})
            losses.append(float(output["loss"]))
            sizes.append(len(rows))
    return float(np.average(losses, weights=sizes))


def representations(network: Network, ids: list[list[int]]) -> dict[str, np.ndarray]:
    """Return (n, h) float32 representations of texts, without labels, by each of `POOLINGS`.

    Of a text that takes several windows the first is read.
    """
    room = network.room(joint=False)
    ids = [row[:room] for row in ids]
    width = int(network.encoder.config.hidden_size)
    found = {how: np.empty((len(ids), width), dtype=np.float32) for how in POOLINGS}
    with torch.inference_mode():
        for rows, batch in padded_batches(ids, BATCH, network.device):
            states, layout, _ = network.encode(**batch, joint=False)
            for how, vectors in found.items():
                pooled = pool_text(states, layout.attention_mask == 1, how)
                vectors[rows] = pooled.float().cpu().numpy()
    return found
