"""Texts that occur more than once: within a part, with other labels, across parts."""

from typing import Any

import numpy as np
from datasets import Dataset

from clmil.data.inspection.labels import LabelCells
from clmil.data.inspection.texts import EXAMPLES, TextFacts, excerpt


def duplicate_facts(documents: Dataset, facts: TextFacts, cells: LabelCells) -> dict[str, Any]:
    """Count texts that stand in a part more than once.

    Returns:
        `exact`: documents beyond the first of equal texts; `near`: documents more that
        differ in case, punctuation or white space only; `conflicts`: texts whose annotated
        copies have different labels; `examples` and `conflict_examples` with row numbers
        from 1. Blank texts are left out.
    """
    rows = np.flatnonzero(facts.plain)
    groups, inverse, sizes = np.unique(facts.plain[rows], return_inverse=True, return_counts=True)
    beyond = len(rows) - len(groups)
    exact = len(rows) - len(np.unique(facts.exact[rows]))
    conflicting = _conflicting(inverse, rows, cells)
    return {
        "exact": exact,
        "near": beyond - exact,
        "conflicts": len(conflicting),
        "examples": _examples(documents, rows, inverse, np.flatnonzero(sizes > 1)),
        "conflict_examples": _examples(documents, rows, inverse, conflicting),
    }


def leakage_facts(
    held_out: tuple[Dataset, TextFacts, LabelCells], train: tuple[Dataset, TextFacts, LabelCells]
) -> dict[str, Any]:
    """Count documents of a held-out part whose text also stands in train.

    Returns:
        `documents` that leak and their `share`; `exact`: those with an equal text, `near`: those
        that differ in case, punctuation or white space; `same_labels`: those that a copy in
        train gives the same labels; `rows` (all, from 1) and `examples`.
    """
    documents, facts, cells = held_out
    _, known, train_cells = train
    leaked = np.flatnonzero(np.isin(facts.plain, known.plain) & (facts.plain != 0))
    exact = int(np.isin(facts.exact[leaked], known.exact).sum())
    with_labels = _mixed(facts.plain, cells.set_keys())[leaked]
    same = np.isin(with_labels, _mixed(known.plain, train_cells.set_keys()))
    return {
        "documents": len(leaked),
        "share": len(leaked) / max(len(facts.plain), 1),
        "exact": exact,
        "near": len(leaked) - exact,
        "same_labels": int(same.sum()),
        "rows": (leaked + 1).tolist(),
        "examples": [
            {
                "row": int(row) + 1,
                "train_rows": _first_rows(known.plain == facts.plain[row]),
                "text": excerpt(documents, int(row)),
            }
            for row in leaked[:EXAMPLES]
        ],
    }


def _conflicting(inverse: np.ndarray, rows: np.ndarray, cells: LabelCells) -> np.ndarray:
    """Return the groups of equal texts whose annotated documents have unequal label sets."""
    annotated = cells.annotated[rows]
    sets = np.unique(cells.set_keys()[rows], return_inverse=True)[1]
    pairs = np.unique(np.stack([inverse, sets], axis=1)[annotated], axis=0)
    found: np.ndarray = np.flatnonzero(np.bincount(pairs[:, 0]) > 1)
    return found


def _examples(
    documents: Dataset, rows: np.ndarray, inverse: np.ndarray, groups: np.ndarray
) -> list[dict[str, Any]]:
    shown = []
    for group in groups[:EXAMPLES]:
        members = rows[inverse == group]
        text = excerpt(documents, int(members[0]))
        shown.append({"rows": (members[:EXAMPLES] + 1).tolist(), "text": text})
    return shown


def _first_rows(mask: np.ndarray) -> list[int]:
    first: list[int] = (np.flatnonzero(mask)[:EXAMPLES] + 1).tolist()
    return first


def _mixed(texts: np.ndarray, sets: np.ndarray) -> np.ndarray:
    """Return keys of text and labels together (both are random bits already)."""
    mixed: np.ndarray = texts * np.uint64(0x9E3779B97F4A7C15) + sets
    return mixed
