"""Explanations in the terminal, by colour."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.style import Style
from rich.text import Text

from clmil.reports.explanation import METHODS, heading, pieces, signed
from clmil.runtime.explanation import Explanation, LabelExplanation

FOR = (
    Style(underline=True),
    Style(color="bright_white", bgcolor="blue"),
    Style(color="bright_white", bgcolor="blue", bold=True, underline=True),
)
"""Words that speak for a label, the weaker ones first, in colours that every terminal has."""

AGAINST = (
    Style(italic=True),
    Style(color="black", bgcolor="yellow", italic=True),
    Style(color="black", bgcolor="yellow", italic=True, bold=True),
)
"""Words that speak against it."""

STEPS = (0.15, 0.5)
"""Shares of the largest |score| at which the colours change."""


def explanation_lines(explanations: Sequence[Explanation]) -> Iterator[RenderableType]:
    """Yield what to print: each text once a label, its words by colour and by score."""
    for number, one in enumerate(explanations, start=1):
        if len(explanations) > 1:
            yield Text(f"Text {number}", style="bold underline")
        if not one.labels:
            yield Text(one.text)
            yield Text("No label is predicted; ask about one with --labels.", style="dim")
        for label in one.labels:
            yield Text(heading(label), style="bold")
            yield coloured(one.text, label)
            yield _words(label)
        for tie in one.together:
            often = ", often together in training" if tie.often else ""
            yield Text(f"{tie.first} + {tie.second}: {tie.strength:.2f}{often}")
        yield Text("")
    for method in dict.fromkeys(one.method for one in explanations):
        yield Text(f"{method}: {METHODS[method]}", style="dim")


def coloured(text: str, label: LabelExplanation) -> Text:
    """Return the text with the label's words coloured."""
    result = Text()
    for piece in pieces(text, label):
        result.append(piece.text, style=_style(piece.share))
    return result


def _style(share: float) -> Style:
    if share == 0:
        return Style()
    step = sum(abs(share) >= least for least in STEPS)
    return (FOR if share > 0 else AGAINST)[step]


def _words(label: LabelExplanation) -> Text:
    said = "  ".join(f"{word.word} {signed(word.score)}" for word in label.words)
    return Text(said or "The model reads no word of this text.", style="dim")
