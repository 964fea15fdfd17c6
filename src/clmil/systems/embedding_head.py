"""A linear head on the texts as a frozen encoder sees them."""

from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
from scipy.special import expit

from clmil.systems.linear_model import fit_machines

PIECES, TOGETHER = 256, 32
"""Word pieces read of a text, [CLS] and [SEP] among them, and texts at once."""


class EmbeddingHead:
    """One linear support vector machine a label, over vectors of texts.

    Args:
        C: inverse strength of the regularisation.
    """

    def __init__(self, C: float = 1.0) -> None:
        self.C = C
        self._weights = self._bias = np.zeros(0)

    def fit(self, vectors: np.ndarray, targets: np.ndarray) -> Self:
        """Learn from (n, h) vectors and (n, l) int8 targets, -1 unknown."""
        self._weights, self._bias = fit_machines(vectors, targets, self.C)
        return self

    def predict_proba(self, vectors: np.ndarray) -> np.ndarray:
        """Return the (n, l) float32 sigmoid of the margins. It ranks, but is not calibrated."""
        probabilities: np.ndarray = expit((vectors @ self._weights + self._bias).astype(np.float32))
        return probabilities


def embed_texts(
    texts: Sequence[str], encoder: str, *, advance: Callable[[int], None] = lambda _: None
) -> np.ndarray:
    """Return the mean of each text's encoder states, (n, h) float32 of unit length.

    Args:
        texts: the texts, of which `PIECES` word pieces are read.
        encoder: an alias (`minilm`), a folder or a hub id.
        advance: told how many texts more are done.

    Raises:
        ModelError, MissingExtraError: if the encoder cannot be loaded.
    """
    from clmil.data.tokens import tokenise_texts
    from clmil.storage.encoders import load_encoder
    from clmil.storage.quiet import quiet_libraries

    with quiet_libraries():
        loaded = load_encoder(encoder)
    most = min(
        PIECES,
        loaded.model.config.max_position_embeddings - loaded.special.get("position_offset", 0),
    )
    ids = tokenise_texts(texts, loaded.tokenizer, most - 2)
    order = np.argsort([len(row) for row in ids], kind="stable")
    vectors = np.zeros((len(ids), loaded.model.config.hidden_size), dtype=np.float32)
    loaded.model.eval()
    for start in range(0, len(order), TOGETHER):
        rows = order[start : start + TOGETHER]
        vectors[rows] = _embedded([ids[row] for row in rows], loaded)
        advance(len(rows))
    unit: np.ndarray = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return unit


def _embedded(ids: list[list[int]], loaded: Any) -> np.ndarray:
    import torch

    from clmil.nn.pooling import masked_mean, word_mask

    begin, end, pad = (loaded.special[name] for name in ("cls", "sep", "pad"))
    rows = [torch.tensor([begin, *row, end]) for row in ids]
    padded = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=pad)
    lengths = torch.tensor([len(row) for row in rows])
    mask = word_mask(padded, lengths)
    with torch.inference_mode():
        states = loaded.model(input_ids=padded, attention_mask=mask.long()).last_hidden_state
        pooled: np.ndarray = masked_mean(states, mask).float().numpy()
    return pooled
