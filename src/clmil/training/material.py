"""Gathering what a system learns from, and handing it to other processes."""

from pathlib import Path

import numpy as np
from datasets import Dataset

from clmil.data.corpus import Corpus
from clmil.data.targets import encode_targets, is_annotated, label_counts
from clmil.errors import DataError
from clmil.labels.space import LabelSpace
from clmil.systems.material import Material


def gather(corpus: Corpus, train_part: Dataset, validation: Dataset) -> Material:
    """Gather documents, targets and what is known of the labels.

    Raises:
        DataError: if validation has a label that train lacks, or no annotated document.
    """
    space = LabelSpace.from_counts(
        label_counts(train_part),
        documents=int(is_annotated(train_part).sum()),
        descriptions=corpus.descriptions,
    )
    targets = encode_targets(train_part, space.names, where="train")
    validation_targets = encode_targets(validation, space.names, where="validation")
    if not (validation_targets >= 0).any():
        raise DataError(
            "no validation document is annotated, so no epoch could be chosen; annotate some, or "
            "leave the validation part out and one is carved from train."
        )
    return Material(
        train=train_part,
        validation=validation,
        train_targets=targets,
        validation_targets=validation_targets,
        space=space.knowing(targets),
    )


def keep_material(material: Material, cache: Path) -> None:
    """Write the targets beside the word ids, for other processes to read."""
    np.save(cache / "train.npy", material.train_targets, allow_pickle=False)
    np.save(cache / "validation.npy", material.validation_targets, allow_pickle=False)


def kept_material(cache: Path, space: LabelSpace) -> Material:
    """Read what a learner and `keep_material` wrote; the arrays are memory-mapped.

    Its documents are word ids: the texts stay with the first process.
    """
    train_targets, validation_targets = (
        np.load(cache / f"{name}.npy", mmap_mode="r") for name in ("train", "validation")
    )
    return Material(
        train=Dataset.from_file(str(cache / "train.arrow")),
        validation=Dataset.from_file(str(cache / "validation.arrow")),
        train_targets=train_targets,
        validation_targets=validation_targets,
        space=space,
    )
