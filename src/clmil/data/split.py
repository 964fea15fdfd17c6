"""Carving a validation part from training documents."""

import numpy as np
from datasets import Dataset
from iterstrat.ml_stratifiers import IterativeStratification

from clmil.data.store import scratch_folder, select_rows
from clmil.data.targets import encode_targets, is_annotated, label_counts
from clmil.data.validate import text_keys
from clmil.errors import DataError

MOST_CANDIDATES = 100_000
"""Distinct texts that are stratified; of a larger corpus the rest stays in train."""


def carve_validation(
    train: Dataset, *, share: float = 0.1, seed: int
) -> tuple[Dataset, Dataset, tuple[str, ...]]:
    """Split off a validation part by iterative stratification (Sechidis et al., 2011).

    Equal texts (but for case and white space) stay on one side, documents that nobody has
    annotated stay in train, and every label keeps a training document. Of more than
    `MOST_CANDIDATES` distinct texts a seeded random subset of that size is stratified, and
    validation is `share` of the subset.

    Args:
        train: the documents to split.
        share: part of them to take, above 0 and below 1.
        seed: the same seed gives the same split.

    Returns:
        The remaining train part, the validation part (both in the order of `train`), notes.

    Raises:
        DataError: if no document can be spared.
    """
    if not 0 < share < 1:
        raise DataError(f"the validation share is {share}; give a number between 0 and 1.")
    rng = np.random.default_rng(seed)
    names = list(label_counts(train))
    positive = encode_targets(train, names, where="train") == 1
    group = np.unique(text_keys(train), return_inverse=True)[1]
    candidates = np.setdiff1d(group, group[~is_annotated(train)])
    subset = rng.permutation(candidates)[:MOST_CANDIDATES]
    chosen = _stratify(_group_labels(positive, group)[subset], share, seed)
    held_out = np.isin(group, subset[chosen])
    held_out = _keep_labels(held_out, positive, group)
    if not held_out.any():
        held_out = _spare_one(positive, group, subset)
    notes = _notes(held_out, seed, bounded=len(subset) < len(candidates))
    rest, validation = _parts(train, held_out)
    return rest, validation, notes


def _group_labels(positive: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Return the (groups, l) bool labels that any document of a group has."""
    labels = np.zeros((group.max() + 1, positive.shape[1]), dtype=bool)
    rows, columns = np.nonzero(positive)
    labels[group[rows], columns] = True
    return labels


def _stratify(labels: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Return which rows of (n, l) bool labels, in random order, go to validation."""
    fold = IterativeStratification(
        labels=labels, r=np.array([1 - share, share]), random_state=np.random.RandomState(seed)
    )
    chosen: np.ndarray = fold == 1
    return chosen


def _keep_labels(held_out: np.ndarray, positive: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Give back to train the documents of labels that it would lose."""
    lost = ~positive[~held_out].any(axis=0)
    back = held_out & positive[:, lost].any(axis=1)
    kept: np.ndarray = held_out & ~np.isin(group, group[back])
    return kept


def _spare_one(positive: np.ndarray, group: np.ndarray, subset: np.ndarray) -> np.ndarray:
    """Return the first group whose labels all occur elsewhere as well."""
    for one in subset:
        held_out: np.ndarray = group == one
        if held_out.sum() < len(group) and _keep_labels(held_out, positive, group).any():
            return held_out
    raise DataError(
        "no training document can be spared for validation without losing its label; "
        "give more documents or a validation file."
    )


def _parts(train: Dataset, held_out: np.ndarray) -> tuple[Dataset, Dataset]:
    folder = scratch_folder() if train.cache_files else None
    rest, validation = (
        select_rows(train, rows, folder and folder / f"{name}.arrow")
        for name, rows in (("train", ~held_out), ("validation", held_out))
    )
    return rest, validation


def _notes(held_out: np.ndarray, seed: int, *, bounded: bool) -> tuple[str, ...]:
    drawn = f", drawn from {MOST_CANDIDATES:,} random texts" if bounded else ""
    return (
        f"there is no validation part, so {held_out.sum():,} of {len(held_out):,} training "
        f"documents are kept apart for it, stratified by label (seed {seed}){drawn}.",
    )
