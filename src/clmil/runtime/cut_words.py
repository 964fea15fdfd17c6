"""Words of a text for any system at all: what it says when a word is cut out of the text."""

from collections.abc import Callable, Sequence

import numpy as np

from clmil.runtime.evidence import Evidence, log_odds
from clmil.runtime.read_words import word_spans


class CutWords:
    """Cuts every word out in turn (occlusion): exact, and one prediction a word.

    Args:
        probabilities: texts to the system's own (n, l) probabilities.
    """

    method = "occlusion"

    def __init__(self, probabilities: Callable[[list[str]], np.ndarray]) -> None:
        self.probabilities = probabilities

    def words(self, text: str, columns: Sequence[int], top: int | None = None) -> Evidence:  # noqa: ARG002
        """Score all words of a text: how far the log-odds of a label fall without the word."""
        spans = word_spans(text)
        versions = [text, *(text[:start] + text[end:] for start, end in spans)]
        odds = log_odds(self.probabilities(versions))[:, list(columns)]
        return Evidence(spans, (odds[0] - odds[1:]).T)
