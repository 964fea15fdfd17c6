"""Attention of a decoder's states over the words of their text."""

import torch
from torch import Tensor, nn

from clmil.nn.sequences.encoder import Memory
from clmil.nn.words.masks import masked_softmax


class Attention(nn.Module):
    """General attention: a = softmax over words of H W s, c = sum of a H, o = tanh(V [c; s])."""

    def __init__(self, width: int) -> None:
        """Build the attention of states of width h over memories of width h."""
        super().__init__()
        self.query = nn.Linear(width, width, bias=False)
        self.mix = nn.Linear(2 * width, width)

    def weights(self, states: Tensor, memory: Memory) -> Tensor:
        """Return (B, k, D) weights of k states a text, (B, k, h); 0 on padding."""
        scores = self.query(states) @ memory.states.transpose(1, 2)
        return masked_softmax(scores, memory.mask[:, None])

    def forward(self, states: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """Read the memory.

        Args:
            states: (N, h), k = N / B rows a text, text by text.
            memory: of B texts; it is not copied for the k rows.

        Returns:
            o and c, (N, h) each; c is 0 for a text without words.
        """
        grouped = states.view(len(memory.states), -1, states.shape[-1])
        context = (self.weights(grouped, memory) @ memory.states).view_as(states)
        return self.mix(torch.cat([context, states], dim=-1)).tanh(), context
