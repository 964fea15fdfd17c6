"""Explanations as one HTML page."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from clmil.reports.explanation import METHODS, Piece, heading, pieces, signed
from clmil.reports.page import Section, table_html, write_page
from clmil.runtime.explanation import Explanation, LabelExplanation

SHOWN = 60
"""Characters of a text in its section's heading."""

STRONGEST = 55
"""Percent of colour behind the strongest word, with which it is still easy to read."""


def write_explanations(explanations: Sequence[Explanation], path: Path, *, model: str) -> None:
    """Write explanations as one self-contained page.

    Args:
        explanations: at least one.
        path: the file; one that is there is replaced.
        model: name of the model.

    Raises:
        ModelError: if the file cannot be written.
    """
    methods = list(dict.fromkeys(one.method for one in explanations))
    facts = {
        "model": model,
        "texts": f"{len(explanations):,}",
        "labels explained": f"{sum(len(one.labels) for one in explanations):,}",
        "method": ", ".join(methods),
    }
    legend = "".join(f"<p>{escape(METHODS[method])}</p>" for method in methods) + (
        '<p>A word like <mark class="pro" style="--share: 55%">this</mark> speaks for the label, '
        'one like <mark class="contra" style="--share: 55%">this</mark> against it; the '
        "stronger the colour, the more.</p>"
    )
    sections = [Section(heading="How to read this page", body=legend)]
    sections += [_section(number, one) for number, one in enumerate(explanations, start=1)]
    write_page(path, title=f"Words behind the labels of {model}", sections=sections, facts=facts)


def _section(number: int, one: Explanation) -> Section:
    start = " ".join(one.text.split())
    short = start if len(start) <= SHOWN else start[: SHOWN - 1].rstrip() + "…"
    body = "".join(_label(one.text, label) for label in one.labels)
    if not one.labels:
        body = f'<p class="passage">{escape(one.text)}</p><p>No label is predicted.</p>'
    return Section(heading=f"{number}. {short}", body=body + _together(one))


def _label(text: str, label: LabelExplanation) -> str:
    rows = [(word.word, signed(word.score)) for word in label.words]
    marked = "".join(map(_marked, pieces(text, label)))
    name = heading(label)
    table = table_html(("word", "score"), rows, caption=f"Words for {label.label}")
    return (
        f'<h3>{escape(name)}</h3><p class="passage">{marked}</p>'
        f"<details><summary>{len(rows)} words and their scores</summary>{table}</details>"
    )


def _marked(piece: Piece) -> str:
    if piece.score is None or piece.share == 0:
        return escape(piece.text)
    kind = "pro" if piece.share > 0 else "contra"
    share = round(STRONGEST * abs(piece.share))
    return (
        f'<mark class="{kind}" style="--share: {share}%" title="{signed(piece.score)}">'
        f"{escape(piece.text)}</mark>"
    )


def _together(one: Explanation) -> str:
    if not one.together:
        return ""
    rows = [
        (f"{tie.first} + {tie.second}", f"{tie.strength:.2f}", "yes" if tie.often else "no")
        for tie in one.together
    ]
    headers = ("labels", "related in this text", "often together in training")
    return table_html(headers, rows, caption="Which labels go together")
