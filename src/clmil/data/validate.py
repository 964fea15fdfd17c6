"""What must hold before training, and what the user should know about the data."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow.compute as pc
from datasets import Dataset

from clmil.data.store import read_column
from clmil.data.targets import is_annotated, label_counts
from clmil.errors import DataError, listed


def check_trainable(train: Dataset, counts: Mapping[str, int]) -> tuple[str, ...]:
    """Check that a classifier can be learnt from documents.

    Args:
        train: training documents.
        counts: positive documents a label, of `label_counts(train)`.

    Returns:
        Notes on what is usable but should be known.

    Raises:
        DataError: if there are no documents, only blank texts, fewer than two labels, blank
            or nearly equal label names, or a label without a positive or a negative document.
    """
    if not len(train):
        raise DataError("the train part has no documents; give at least two.")
    if not any(_has_text(chunk) for chunk in read_column(train, "text").chunks):
        raise DataError("every training text is blank; name the column that holds the texts.")
    annotated = int(is_annotated(train).sum())
    if not annotated:
        raise DataError(
            "no training document is annotated (all labels are null); "
            "give labels, or [] where none applies."
        )
    _check_names(counts)
    if len(counts) < 2:
        only = f"only the label {next(iter(counts))!r}" if counts else "no label at all"
        raise DataError(
            f"the training documents have {only}; at least two different labels are needed."
        )
    _check_negatives(train, counts, annotated)
    single = [name for name, count in counts.items() if count == 1]
    if not single:
        return ()
    return (
        f"{len(single)} labels have a single training document, {listed(single)}; "
        "they can hardly be learnt.",
    )


def check_known(known: Iterable[str], counts: Mapping[str, int]) -> None:
    """Raise a `DataError` if a label is described, or has a column, but no training document."""
    unused = [name for name in dict.fromkeys(known) if name not in counts]
    if unused:
        raise DataError(
            f"no training document carries the label {listed(unused)}; add documents that "
            "carry it, or remove it from labels.json or the label columns."
        )


def overlap_notes(parts: Mapping[str, Dataset]) -> tuple[str, ...]:
    """Return a note for each held-out part with texts that also stand in train."""
    held_out = [part for part in parts if part != "train"]
    if "train" not in parts or not held_out:
        return ()
    train = text_keys(parts["train"])
    notes = []
    for part in held_out:
        shared = int(np.isin(text_keys(parts[part]), train).sum())
        if shared:
            notes.append(f"{shared:,} texts of the {part} part also stand in train.")
    return tuple(notes)


def text_keys(documents: Dataset) -> np.ndarray:
    """Return (n,) int64 keys that are equal for texts equal but for case and white space."""
    keys = bytearray()
    for chunk in read_column(documents, "text").chunks:
        for text in chunk.to_pylist():
            plain = " ".join(text.casefold().split())
            keys += hashlib.blake2b(plain.encode(), digest_size=8).digest()
    return np.frombuffer(bytes(keys), dtype=np.int64)


def _has_text(texts: object) -> bool:
    lengths = pc.utf8_length(pc.utf8_trim_whitespace(texts))
    return bool(pc.any(pc.greater(lengths, 0)).as_py())


def _check_names(counts: Mapping[str, int]) -> None:
    seen: dict[str, str] = {}
    for name in counts:
        key = name.strip().casefold()
        if not key:
            raise DataError("a label name is blank; remove it or give it a name.")
        if key in seen:
            raise DataError(
                f"the label names {seen[key]!r} and {name!r} differ in case or white space only; "
                "write them alike."
            )
        seen[key] = name


def _check_negatives(train: Dataset, counts: Mapping[str, int], annotated: int) -> None:
    unknown = Counter(label_counts(train, "unknown"))
    for name, count in counts.items():
        if count + unknown[name] >= annotated:
            raise DataError(
                f"the label {name!r} is on every training document in which it is known, so it "
                "cannot be learnt; remove it or add documents without it."
            )
