"""Which labels go together in a text, as the relation head sees it (equations 11 and 12)."""

import torch
from torch import Tensor

from clmil.nn.clrl import RELATED, LabelPairs
from clmil.nn.network import Network


@torch.inference_mode()
def related(network: Network, text_ids: Tensor, columns: Tensor) -> Tensor:
    """Return how probable it is that labels are directly related in a text.

    Args:
        network: in eval mode, with CLRL.
        text_ids: (1, D) int64 word pieces of the text, without special tokens.
        columns: (k,) int64, labels.

    Returns:
        (k, k): row A, column B, the probability of class 0 of Table 1; 0 on the diagonal.
    """
    lengths = torch.tensor([text_ids.shape[1]], device=text_ids.device)
    labels = network.represented(text_ids, lengths).labels
    first, second = columns.repeat_interleave(len(columns)), columns.repeat(len(columns))
    nothing = torch.zeros_like(first)
    logits = network.clrl(labels, LabelPairs(nothing, first, second, nothing))
    found: Tensor = logits.float().softmax(dim=-1)[:, RELATED].view(len(columns), -1)
    return found.fill_diagonal_(0.0)
