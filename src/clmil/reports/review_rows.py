"""The rows of a review: why a document deserves a look, and which labels fit better."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from clmil.data.inspection.near import near_conflicts
from clmil.decisions.label_quality import cell_quality, document_quality
from clmil.decisions.labelling import worth_labelling
from clmil.decisions.rule import DecisionRule
from clmil.errors import listed
from clmil.reports.review_material import ReviewMaterial, Waiting

Row = dict[str, Any]

SAME = 1 - 1e-6
"""Cosine from which on two texts have the same words."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """Rows in the order in which they deserve a look.

    Attributes:
        suspicious: documents whose labels are likely wrong or incomplete.
        near: others, with nearly the text of a document that has other labels.
        unsuspected: all others that are annotated.
    """

    suspicious: list[Row]
    near: list[Row]
    unsuspected: list[Row]


def labelled_rows(
    material: ReviewMaterial, probabilities: np.ndarray, *, share: float, near: float
) -> Found:
    """Return the annotated documents, those with the worst labels first.

    Args:
        material: n documents.
        probabilities: (n, l) of models that did not see them.
        share: of the documents, how many are suspicious at most.
        near: cosine from which on two texts are nearly the same.
    """
    quality = document_quality(material.targets, probabilities)
    cells = cell_quality(material.targets, probabilities)
    partner, cosine = near_conflicts(material.documents, material.targets, least=near)
    better = _likely(probabilities, material.names)
    order = np.argsort(quality, kind="stable").tolist()
    doubtful = {k for k in order[: round(share * len(order))] if (cells[k] < 0.5).any()}
    found = Found(suspicious=[], near=[], unsuspected=[])
    for k in order:
        row = _row(material, k, float(quality[k]))
        reasons = _doubts(material, k, cells[k], probabilities[k]) if k in doubtful else []
        if partner[k] >= 0:
            reasons.append(_conflict(material, int(partner[k]), float(cosine[k])))
        row["reason"] = "; ".join(reasons)
        row["suggested_labels"] = better[k] if k in doubtful else []
        kind = found.suspicious if k in doubtful else found.near
        (kind if reasons else found.unsuspected).append(row)
    return found


def waiting_rows(
    material: ReviewMaterial, probabilities: np.ndarray, *, wanted: int
) -> tuple[list[Row], list[Row]]:
    """Return the documents worth labelling next, and the rest of those in the reviewed data.

    Args:
        material: m documents wait for labels.
        probabilities: (m, l) theirs.
        wanted: how many are proposed at most.
    """
    worth = worth_labelling(probabilities, (material.targets == 1).sum(axis=0))
    likely = _likely(probabilities, material.names)
    order = np.argsort(-worth.max(axis=1), kind="stable").tolist()
    counts = (material.targets == 1).sum(axis=0)
    asked = []
    for k in order[:wanted]:
        best = int(worth[k].argmax())
        reason = (
            f"label next: perhaps {material.names[best]} ({probabilities[k, best]:.2f}), "
            f"which {counts[best]:,} documents have"
        )
        row = _open_row(material.waiting[k]) | {"reason": reason, "suggested_labels": likely[k]}
        asked.append(row)
    rest = [material.waiting[k] for k in order[wanted:]]
    return asked, [_open_row(document) for document in rest if document.own]


def _likely(probabilities: np.ndarray, names: Sequence[str]) -> list[list[str]]:
    """Return every document's labels above 0.5, or its most probable one, best first."""
    rule = replace(DecisionRule.fixed(len(names)), never_empty=True)
    decided = rule.decide(probabilities)
    order = np.argsort(-probabilities, axis=1, kind="stable")
    pairs = zip(order.tolist(), decided.tolist(), strict=True)
    return [[names[k] for k in columns if row[k]] for columns, row in pairs]


def _doubts(
    material: ReviewMaterial, k: int, cells: np.ndarray, probabilities: np.ndarray
) -> list[str]:
    worst = [int(c) for c in np.argsort(cells, kind="stable") if cells[c] < 0.5]
    kinds = {"likely wrong": 1, "likely missing": 0}
    said = {
        kind: [
            f"{material.names[c]} ({probabilities[c]:.2f})"
            for c in worst
            if material.targets[k, c] == given
        ]
        for kind, given in kinds.items()
    }
    return [f"{kind}: {listed(labels)}" for kind, labels in said.items() if labels]


def _conflict(material: ReviewMaterial, other: int, cosine: float) -> str:
    how = "the words" if cosine >= SAME else "nearly the text"
    labels = ", ".join(material.documents[other]["labels"]) or "none"
    return f"has {how} of {material.ids[other]}, whose labels are: {labels}"


def _row(material: ReviewMaterial, k: int, quality: float) -> Row:
    document = material.documents[k]
    return _filled(material.ids[k], document["text"], document["labels"], round(quality, 4)) | {
        "unknown": document["unknown"]
    }


def _open_row(document: Waiting) -> Row:
    return _filled(document.id, document.text, None, None)


def _filled(name: str, text: str, labels: list[str] | None, quality: float | None) -> Row:
    return {
        "id": name,
        "rank": 0,
        "reason": "",
        "labels": labels,
        "suggested_labels": [],
        "quality": quality,
        "unknown": [],
        "text": text,
    }
