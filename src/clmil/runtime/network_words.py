"""Words of a text for a network over word pieces."""

from collections.abc import Callable, Sequence

import numpy as np
import torch

from clmil.nn.fil_words import fine_grained_words
from clmil.nn.integrated import integrated_gradients, path_gradients
from clmil.nn.network import Network
from clmil.nn.predict import predict_tokens
from clmil.nn.probe import Probe
from clmil.runtime.evidence import Evidence, log_odds
from clmil.runtime.predictor import Predictor
from clmil.runtime.read_words import ReadText, read_pieces

CANDIDATES = 8
"""Words at least that are named for each label, and then left out one by one."""


class _Pieces:
    """Reads texts as the network does.

    Args:
        predictor: whose model has a network.
    """

    def __init__(self, predictor: Predictor) -> None:
        self.predictor = predictor
        self.network: Network = predictor.network

    def read(self, text: str) -> ReadText:
        """Return the pieces and words that the network reads."""
        reader = self.predictor.reader
        return read_pieces(text, reader.tokenizer, reader.most)


class HalfWayWords(_Pieces):
    """Integrated gradients in a single point, half-way: one forward pass, one backward a label.

    A score is the slope of the probability there times the word's way from padding. Since the
    probability is steepest about there, scores are far too large for parts of it: they order the
    words of a label, do not add up to its probability, and do not compare across labels.
    """

    method = "half-way-gradients"

    def __init__(self, predictor: Predictor) -> None:
        super().__init__(predictor)
        self._probe = Probe(self.network)

    def words(self, text: str, columns: Sequence[int], top: int | None = None) -> Evidence:  # noqa: ARG002
        """Score all words by what they add at the half-way slope."""
        return _per_word(self.read(text), columns, self._probe, path_gradients)


class OccludedWords(_Pieces):
    """The network names words, and then tells what each is worth by its absence.

    The named words are those on which the log-odds depend the most, by the length of their
    gradient: one forward pass and one backward a label. A score is how far the log-odds fall
    without the word: one batch of texts without one word each.

    Args:
        predictor: whose model has a network.
        fine: let FIL name the words instead, by their contributions to its logits (equations 2
            to 5), without a backward pass. The words are worse (docs/explain.md).
    """

    def __init__(self, predictor: Predictor, *, fine: bool = False) -> None:
        super().__init__(predictor)
        self.method = "fine-grained-occlusion" if fine else "gradient-occlusion"
        self._probe = None if fine else Probe(self.network)

    def words(self, text: str, columns: Sequence[int], top: int | None = None) -> Evidence:
        """Score the words that are named for any of the labels; with `top` None every word."""
        read = self.read(text)
        if not read.ids:
            return Evidence([], np.zeros((len(columns), 0)))
        chosen, whole = np.arange(len(read.spans)), None
        if top is not None and max(top, CANDIDATES) < len(chosen):
            whole, hints = self._hints(read, columns)
            best = np.argsort(-hints, axis=1, kind="stable")
            chosen = np.unique(best[:, : max(top, CANDIDATES)])
        return Evidence(read.spans, self._falls(read, columns, chosen, whole))

    def _hints(
        self, read: ReadText, columns: Sequence[int]
    ) -> tuple[np.ndarray | None, np.ndarray]:
        """Return the (k,) log-odds, if they are those of predicting, and (k, w) hints."""
        if self._probe is not None:
            odds, slopes = self._probe.gradients(read.ids, columns)
            exact = self.predictor.precision == "fp32"
            lengths = read.per_word(slopes.norm(dim=-1).cpu().numpy())
            return (odds.double().cpu().numpy() if exact else None), lengths
        device = self.network.device
        ids = torch.tensor([read.ids], device=device)
        lengths_of_texts = torch.tensor([len(read.ids)], device=device)
        found = fine_grained_words(self.network, ids, lengths_of_texts)
        parts = found.contributions[0, :, list(columns)].T
        return None, read.per_word(parts.float().cpu().numpy())

    def _falls(
        self,
        read: ReadText,
        columns: Sequence[int],
        chosen: np.ndarray,
        whole: np.ndarray | None,
    ) -> np.ndarray:
        """Return (k, w), how far log-odds fall without each chosen word; NaN for the others."""
        versions = [] if whole is not None else [read.ids]
        versions += [read.without(word) for word in chosen]
        found = predict_tokens(self.network, versions, precision=self.predictor.precision)
        odds = log_odds(found[:, list(columns)])
        if whole is None:
            whole, odds = odds[0], odds[1:]
        scores = np.full((len(columns), len(read.spans)), np.nan)
        scores[:, chosen] = (whole - odds).T
        return scores


class IntegratedWords(_Pieces):
    """Integrated gradients, the reference: fifty forward and backward passes a label."""

    method = "integrated-gradients"

    def __init__(self, predictor: Predictor) -> None:
        super().__init__(predictor)
        self._probe = Probe(self.network)

    def words(self, text: str, columns: Sequence[int], top: int | None = None) -> Evidence:  # noqa: ARG002
        """Score all words; a label's scores add up to its probability less that of no words."""
        return _per_word(self.read(text), columns, self._probe, integrated_gradients)


def _per_word(
    read: ReadText, columns: Sequence[int], probe: Probe, of_pieces: Callable[..., torch.Tensor]
) -> Evidence:
    """Return the sums over each word of what its pieces get."""
    if not read.ids:
        return Evidence([], np.zeros((len(columns), 0)))
    pieces = of_pieces(probe, read.ids, columns)
    return Evidence(read.spans, read.per_word(pieces.cpu().numpy()))
