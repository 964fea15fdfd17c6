"""Micro, macro, per-label and per-group scores, with unknown cells masked exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from clmil.errors import DataError


@dataclass(frozen=True, kw_only=True)
class Counts:
    """True and false positives and negatives, and known cells: (l,) int64 each."""

    tp: np.ndarray
    fp: np.ndarray
    fn: np.ndarray
    known: np.ndarray


@dataclass(frozen=True, kw_only=True)
class LabelScore:
    """Scores of one label; `support` counts its relevant documents."""

    name: str
    support: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, kw_only=True)
class GroupScore:
    """Micro scores over a group of labels."""

    labels: int
    support: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Scores of a set of predictions; 0/0 counts as 0. All lie in [0, 1].

    Micro: over all cells. Macro: the mean of all labels, also of those that no document has, but
    without those that are unknown in every document. Samples: the mean of all documents.
    """

    documents: int
    micro_precision: float
    micro_recall: float
    micro_f1: float
    macro_precision: float
    macro_recall: float
    macro_f1: float
    samples_precision: float
    samples_recall: float
    samples_f1: float
    hamming_loss: float
    subset_accuracy: float
    per_label: tuple[LabelScore, ...]
    per_group: dict[str, GroupScore]

    def to_json(self) -> dict[str, Any]:
        """Return the overall scores as plain values."""
        skipped = ("per_label", "per_group")
        return {name: value for name, value in vars(self).items() if name not in skipped}


def threshold(probabilities: np.ndarray, at: float = 0.5) -> np.ndarray:
    """Return the int8 indicator of probabilities strictly greater than `at`."""
    return (np.asarray(probabilities) > at).astype(np.int8)


def score(
    targets: np.ndarray,
    predictions: np.ndarray,
    *,
    names: Sequence[str] | None = None,
    groups: Mapping[str, np.ndarray] | None = None,
) -> Scores:
    """Score predictions.

    Args:
        targets: (n, l) int8, 1 relevant, 0 not, -1 unknown. Unknown cells count nowhere; a
            document without a known cell is no document.
        predictions: (n, l) 0/1.
        names: (l,) of the labels, for `per_label`.
        groups: columns of each group, for `per_group`.

    Raises:
        DataError: if the shapes differ, a prediction is not 0 or 1, or names are not one a label.
    """
    targets, predictions = paired(targets, predictions, "predictions")
    if not ((predictions == 0) | (predictions == 1)).all():
        raise DataError(
            "the predictions hold something else than 0 and 1; decide on probabilities first, as "
            "with `threshold`."
        )
    labels = [str(k) for k in range(targets.shape[1])] if names is None else names
    if len(labels) != targets.shape[1]:
        raise DataError(
            f"there are {len(labels)} names for {targets.shape[1]} labels; give one for each."
        )
    counts = count(targets, predictions)
    known_rows = (targets >= 0).any(axis=1)
    correct = ((targets == predictions) | (targets < 0)).all(axis=1)[known_rows]
    precision, recall, f1 = ratios(counts.tp, counts.fp, counts.fn)
    among = counts.known > 0
    by_document = count(targets[known_rows].T, predictions[known_rows].T)
    samples = [mean(part) for part in ratios(by_document.tp, by_document.fp, by_document.fn)]
    micro = _group(counts, np.arange(len(f1)))
    table = np.stack([counts.tp + counts.fn, precision, recall, f1], axis=1)
    wrong = counts.fp.sum() + counts.fn.sum()
    return Scores(
        documents=int(known_rows.sum()),
        micro_precision=micro.precision,
        micro_recall=micro.recall,
        micro_f1=micro.f1,
        macro_precision=float(macro_mean(precision, among)),
        macro_recall=float(macro_mean(recall, among)),
        macro_f1=float(macro_mean(f1, among)),
        samples_precision=samples[0],
        samples_recall=samples[1],
        samples_f1=samples[2],
        hamming_loss=float(_divide(wrong, counts.known.sum())),
        subset_accuracy=float(_divide(correct.sum(), len(correct))),
        per_label=tuple(
            LabelScore(name=name, support=int(row[0]), precision=row[1], recall=row[2], f1=row[3])
            for name, row in zip(labels, table.tolist(), strict=True)
        ),
        per_group={name: _group(counts, columns) for name, columns in (groups or {}).items()},
    )


def paired(
    targets: npt.ArrayLike, given: npt.ArrayLike, what: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return targets and what is held against them as (n, l) arrays.

    Raises:
        DataError: if the shapes differ, or are none of documents and labels.
    """
    truth, held = np.asarray(targets), np.asarray(given)
    if truth.shape != held.shape or truth.ndim != 2:
        raise DataError(
            f"the targets have the shape {truth.shape} and the {what} {held.shape}; give a row for "
            "every document and a column for every label."
        )
    return truth, held


def count(targets: np.ndarray, predictions: np.ndarray) -> Counts:
    """Count the cells of each label, leaving out unknown ones."""
    positive, negative, predicted = targets == 1, targets == 0, predictions == 1
    return Counts(
        tp=(positive & predicted).sum(axis=0),
        fp=(negative & predicted).sum(axis=0),
        fn=(positive & ~predicted).sum(axis=0),
        known=(positive | negative).sum(axis=0),
    )


def ratios(
    tp: np.ndarray, fp: np.ndarray, fn: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return precision, recall and F1 from counts."""
    return _divide(tp, tp + fp), _divide(tp, tp + fn), _divide(2 * tp, 2 * tp + fp + fn)


def known_labels(targets: np.ndarray) -> np.ndarray:
    """Return the (l,) bool mask of labels that are known in some document of (n, l) targets."""
    return np.asarray((targets >= 0).any(axis=0))


def macro_mean(values: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Return the means of (..., l) values over some of the labels, as `known_labels` has them.

    Args:
        values: of all labels.
        among: (l,) bool, which labels count; of none the mean is 0.
    """
    means = values[..., among].mean(axis=-1) if among.any() else np.zeros(values.shape[:-1])
    return np.asarray(means)


def mean(values: np.ndarray) -> float:
    """Return the mean of (n,) values; of none it is 0."""
    return float(values.mean()) if len(values) else 0.0


def _group(counts: Counts, columns: np.ndarray) -> GroupScore:
    tp, fp, fn = (part[columns].sum() for part in (counts.tp, counts.fp, counts.fn))
    precision, recall, f1 = (float(ratio) for ratio in ratios(tp, fp, fn))
    support, labels = int(tp + fn), len(columns)
    return GroupScore(labels=labels, support=support, precision=precision, recall=recall, f1=f1)


def _divide(numerator: npt.ArrayLike, denominator: npt.ArrayLike) -> np.ndarray:
    """Divide, with 0/0 = 0."""
    below = np.asarray(denominator, dtype=np.float64)
    return np.asarray(numerator) / np.where(below > 0, below, 1.0)
