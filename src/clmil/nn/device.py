"""Where a network computes."""

from itertools import chain

import torch
from torch import nn


def best_device() -> torch.device:
    """Return the GPU if there is one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def device_of(network: nn.Module) -> torch.device:
    """Return where a network's tensors are."""
    tensors = chain(network.buffers(), network.parameters())
    return next((tensor.device for tensor in tensors), torch.device("cpu"))
