"""What the stages learn from: word pieces on disk, targets and label relations."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from datasets import Dataset

from clmil.data.corpus import Corpus
from clmil.data.targets import encode_targets, is_annotated, label_counts
from clmil.data.tokens import lengths_of, tokenise_documents
from clmil.errors import DataError
from clmil.labels.relations import LabelRelations
from clmil.labels.space import LabelSpace
from clmil.storage.encoders import LoadedEncoder
from clmil.systems.budget import text_budget
from clmil.systems.cl_mil import encoder_window
from clmil.systems.recipe import Recipe


@dataclass(frozen=True, kw_only=True)
class Material:
    """What the stages learn from.

    Attributes:
        train, validation: documents; from `tokenise` on their word pieces, columns
            `text_ids` and `length`.
        train_targets, validation_targets: (n, l) int8, -1 unknown.
        space: the labels.
        relations: co-occurrence of the training part.
        text_budget: word pieces of text beside the labels.
    """

    train: Dataset
    validation: Dataset
    train_targets: np.ndarray
    validation_targets: np.ndarray
    space: LabelSpace
    relations: LabelRelations
    text_budget: int


def gather(
    corpus: Corpus,
    train_part: Dataset,
    validation: Dataset,
    recipe: Recipe,
    encoder: LoadedEncoder,
) -> Material:
    """Gather what is known of the labels; the documents are still texts.

    Raises:
        DataError: if validation has a label that train lacks, or labels leave no room for text.
    """
    space = LabelSpace.from_counts(
        label_counts(train_part),
        documents=int(is_annotated(train_part).sum()),
        descriptions=corpus.descriptions,
    )
    targets = encode_targets(train_part, space.names, where="train")
    space = space.knowing(targets)
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
        space=space,
        relations=LabelRelations.fit(targets),
        text_budget=text_budget(recipe.network(), len(space), encoder_window(encoder)),
    )


def tokenise(material: Material, encoder: LoadedEncoder, cache: Path) -> Material:
    """Turn the documents into word pieces, memory-mapped from files in `cache`."""
    cache.mkdir(exist_ok=True)
    train, validation = (
        tokenise_documents(
            part, encoder.tokenizer, material.text_budget, cache_file=cache / f"{name}.arrow"
        )
        for name, part in (("train", material.train), ("validation", material.validation))
    )
    return replace(material, train=train, validation=validation)


def text_lengths(material: Material) -> dict[str, float]:
    """Return how many word pieces of a training text are read, once `tokenise` has cut them.

    `median`, `p95` (95 % of the texts have no more) and `full`, the share that fills the room
    beside the labels and may have been cut.
    """
    lengths = lengths_of(material.train)
    return {
        "median": int(np.median(lengths)),
        "p95": int(np.percentile(lengths, 95)),
        "full": round(float((lengths >= material.text_budget).mean()), 4),
    }


def keep_material(material: Material, cache: Path) -> None:
    """Write the targets beside the word pieces, for other processes to read."""
    np.save(cache / "train.npy", material.train_targets, allow_pickle=False)
    np.save(cache / "validation.npy", material.validation_targets, allow_pickle=False)


def kept_material(cache: Path, space: LabelSpace, text_budget: int) -> Material:
    """Read what `tokenise` and `keep_material` wrote; the arrays are memory-mapped."""
    train_targets, validation_targets = (
        np.load(cache / f"{name}.npy", mmap_mode="r") for name in ("train", "validation")
    )
    return Material(
        train=Dataset.from_file(str(cache / "train.arrow")),
        validation=Dataset.from_file(str(cache / "validation.arrow")),
        train_targets=train_targets,
        validation_targets=validation_targets,
        space=space,
        relations=LabelRelations.fit(train_targets),
        text_budget=text_budget,
    )
