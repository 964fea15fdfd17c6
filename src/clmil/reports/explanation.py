"""Explanations as plain values for JSON, and what their page and the terminal share."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from clmil.runtime.explanation import Explanation, LabelExplanation

METHODS = {
    "half-way-gradients": "Integrated gradients in a single point, half-way from padding to the "
    "text; scores order the words of one label, and do not add up to its probability.",
    "fine-grained-occlusion": "The words that weigh most in the fine-grained interaction of text "
    "and labels are left out one by one; a score is how far the label's log-odds fall without "
    "the word.",
    "gradient-occlusion": "The words with the longest gradients are left out one by one; a score "
    "is how far the label's log-odds fall without the word.",
    "occlusion": "Each word is cut out in turn; a score is how far the label's log-odds fall "
    "without the word.",
    "linear-weights": "The model's own weights times TF-IDF; a label's scores and its bias add "
    "up to its margin.",
    "integrated-gradients": "Integrated gradients; a label's scores add up to its probability "
    "less that of a text of padding.",
}
"""What a score is, by method."""


class Piece(NamedTuple):
    """A stretch of a text: a word with its share of the largest |score| in [-1, 1], or between."""

    text: str
    share: float
    score: float | None


def as_values(explanations: Sequence[Explanation]) -> list[dict[str, Any]]:
    """Return explanations as JSON values; offsets count characters of the original text."""
    return [asdict(one) for one in explanations]


def pieces(text: str, label: LabelExplanation) -> Iterator[Piece]:
    """Yield a whole text in order, its scored words apart from the rest."""
    largest = max((abs(word.score) for word in label.words), default=0.0)
    at = 0
    for word in sorted(label.words, key=lambda word: word.start):
        if word.start > at:
            yield Piece(text[at : word.start], 0.0, None)
        share = word.score / largest if largest else 0.0
        yield Piece(text[word.start : word.end], share, word.score)
        at = word.end
    if at < len(text):
        yield Piece(text[at:], 0.0, None)


def heading(label: LabelExplanation) -> str:
    """Return a label with its probability, and whether it is predicted."""
    return f"{label.label} {label.probability:.2f}" + ("" if label.predicted else ", not predicted")


def signed(score: float) -> str:
    """Return a score with its sign."""
    return f"{score:+.2f}"
