"""Which labels are taken for which, and the documents that a model has most wrong."""

from dataclasses import dataclass

import numpy as np

from clmil.decisions.log_loss import document_losses


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """How many documents have the label `missed` unpredicted and `predicted` instead, wrongly."""

    missed: int
    predicted: int
    documents: int


def confusion_counts(targets: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """Return the (l, l) int64 documents in which the row's label is missed, the column's put.

    A document with two missed labels and three wrong ones counts in six cells.

    Args:
        targets: (n, l) int8, -1 unknown, which is neither missed nor wrong.
        predictions: (n, l) 0/1.
    """
    missed = ((targets == 1) & (predictions == 0)).astype(np.float32)
    wrong = ((targets == 0) & (predictions == 1)).astype(np.float32)
    some = missed.any(axis=1) & wrong.any(axis=1)
    counts: np.ndarray = np.rint(missed[some].T @ wrong[some]).astype(np.int64)
    return counts


def most_confused(counts: np.ndarray, most: int = 50) -> list[Confusion]:
    """Return the most frequent pairs of a missed and a predicted label."""
    flat = counts.ravel()
    order = np.argsort(-flat, kind="stable")[:most]
    return [
        Confusion(missed=row, predicted=column, documents=int(flat[place]))
        for place in order
        for row, column in [map(int, divmod(int(place), counts.shape[1]))]
        if flat[place]
    ]


def worst_documents(
    probabilities: np.ndarray, targets: np.ndarray, predictions: np.ndarray, most: int = 30
) -> np.ndarray:
    """Return rows of wrongly predicted documents, those with the highest log-loss first.

    The log-loss of a document adds up its known cells: what is missed with a low probability
    and what is put with a high one weigh most.
    """
    loss = document_losses(probabilities, targets)
    wrong = ((targets >= 0) & (targets != predictions)).any(axis=1)
    order = np.argsort(-np.where(wrong, loss, -np.inf), kind="stable")
    rows: np.ndarray = order[: min(most, int(wrong.sum()))]
    return rows
