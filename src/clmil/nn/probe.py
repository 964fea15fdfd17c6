"""A network asked about one text: gradients for its word vectors, other vectors in their place."""

import copy
from collections.abc import Sequence
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn

from clmil.errors import ModelError
from clmil.nn.words.embedding import WordEmbedding

NEAR = 1e-6
"""How near to 0 and 1 a probability may come when log-odds are taken of it."""


class Probe:
    """A copy of a network, sharing its weights, that takes word vectors instead of words.

    The network itself is left alone, so that others may predict with it meanwhile.

    Args:
        network: in eval mode: with an encoder over word pieces, or over word vectors.

    Raises:
        ModelError: if the network has no table of word vectors.
    """

    def __init__(self, network: Any) -> None:
        held = chain(network.parameters(), network.buffers())
        shared = {id(tensor): _frozen(tensor) for tensor in held}
        self.network = copy.deepcopy(network, shared)
        self._tables = _word_tables(self.network)
        self._places = getattr(self.network, "word_places", torch.arange)
        self._given: list[Tensor] = []
        for table in self._tables:
            table.register_forward_hook(self._exchange)

    @property
    def baseline(self) -> Tensor:
        """The (e,) vectors of padding: what stands for no word at all."""
        pad = self.network.special.pad if hasattr(self.network, "special") else 0
        return torch.cat([table.weight[pad] for table in self._tables])

    def vectors(self, ids: Sequence[int]) -> Tensor:
        """Return the (D, e) vectors of a text's D word pieces; several tables' side by side."""
        pieces = torch.tensor(ids, device=self._tables[0].weight.device)
        return torch.cat([table.weight[pieces] for table in self._tables], dim=1)

    def log_odds(self, ids: Sequence[int], vectors: Tensor) -> Tensor:
        """Return (k, l) log-odds of the labels for k versions of a text's word vectors.

        Args:
            ids: D word pieces without special tokens, at least one.
            vectors: (k, D, e), as `vectors` lays them out; gradients flow to them.
        """
        text_ids = torch.tensor(ids, device=vectors.device).expand(len(vectors), -1)
        lengths = torch.full((len(vectors),), len(ids), device=vectors.device)
        widths = [table.weight.shape[1] for table in self._tables]
        self._given = list(vectors.split_with_sizes(widths, dim=2))
        found = self.network(text_ids=text_ids, lengths=lengths).probabilities
        return log_odds(found)

    def gradients(self, ids: Sequence[int], columns: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Return the (k,) log-odds of labels and their slopes in each word vector, (k, D, e).

        It takes one forward pass, and one backward pass a label.

        Args:
            ids: D word pieces, at least one.
            columns: k labels.
        """
        vectors = self.vectors(ids)[None].clone().requires_grad_()
        odds = self.log_odds(ids, vectors)[0]
        slopes = [
            torch.autograd.grad(odds[column], vectors, retain_graph=True)[0] for column in columns
        ]
        return odds.detach()[list(columns)], torch.cat(slopes)

    def _exchange(self, table: nn.Module, _: Any, looked_up: Tensor) -> Tensor:
        """Put the given vectors in the place of a text's own; the rest stays (labels, [SEP])."""
        given = self._given[self._tables.index(table)]  # type: ignore[arg-type]
        rows = looked_up.reshape(len(given), -1, looked_up.shape[-1])
        places = self._places(given.shape[1]).to(rows.device)
        return rows.index_copy(1, places, given).reshape(looked_up.shape)


def log_odds(probabilities: Tensor) -> Tensor:
    """Return log(p / (1 - p)), finite at 0 and 1."""
    return probabilities.clamp(NEAR, 1 - NEAR).logit()


def _frozen(tensor: Tensor) -> Tensor:
    """Return the same values, without gradient; a parameter stays one."""
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(tensor.detach(), requires_grad=False)
    return tensor


def _word_tables(network: nn.Module) -> list[nn.Embedding]:
    """Return the tables in which words are looked up."""
    encoder: Any = getattr(network, "encoder", None)
    if hasattr(encoder, "get_input_embeddings"):
        return [encoder.get_input_embeddings()]
    tables = [part.table for part in network.modules() if isinstance(part, WordEmbedding)]
    if not tables:
        raise ModelError("this model has no word vectors for gradients; take its own method.")
    return tables
