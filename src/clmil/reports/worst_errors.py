"""The documents that a model has most wrong, with their texts, as a section of a page."""

from collections.abc import Sequence
from html import escape

import numpy as np

from clmil.decisions.mistakes import worst_documents
from clmil.reports.outcome import Outcome
from clmil.reports.page import Section

LONGEST = 400
"""Characters of a text that are shown."""


def worst_section(outcome: Outcome, texts: Sequence[str]) -> Section:
    """Return the wrong documents with the highest log-loss.

    Args:
        outcome: what was predicted.
        texts: (n,) of the documents; only those that are shown are looked at.
    """
    rows = worst_documents(outcome.probabilities, outcome.targets, outcome.predictions)
    body = "".join(_document(outcome, row, texts[row]) for row in rows.tolist())
    lead = (
        "Wrong documents with the highest log-loss, with the probabilities of their labels. "
        "Look here for wrong annotations too."
    )
    return Section(
        heading="The worst errors", lead=lead, body=body or "<p>Every document is right.</p>"
    )


def _document(outcome: Outcome, row: int, text: str) -> str:
    truth, found = outcome.targets[row], outcome.predictions[row]
    kinds = {
        "Missed": (truth == 1) & (found == 0),
        "Wrongly predicted": (truth == 0) & (found == 1),
        "Right": (truth == 1) & (found == 1),
    }
    items = "".join(
        f"<li>{kind}: {escape(_with_probabilities(outcome, row, mask))}</li>"
        for kind, mask in kinds.items()
        if mask.any()
    )
    words = " ".join(text[: 4 * LONGEST].split())
    cut = words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"
    return f"<h3>Document {row + 1:,}</h3><p>{escape(cut)}</p><ul>{items}</ul>"


def _with_probabilities(outcome: Outcome, row: int, mask: np.ndarray) -> str:
    columns = np.flatnonzero(mask)
    order = columns[np.argsort(-outcome.probabilities[row, columns], kind="stable")].tolist()
    pairs = ((outcome.space.names[k], outcome.probabilities[row, k]) for k in order)
    return ", ".join(f"{name} ({probability:.2f})" for name, probability in pairs)
