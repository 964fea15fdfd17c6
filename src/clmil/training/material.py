"""What the stages learn from: word pieces on disk, targets and label relations."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from datasets import Dataset

from clmil.data.corpus import Corpus
from clmil.data.targets import encode_targets, is_annotated, label_counts
from clmil.data.tokens import tokenise_documents
from clmil.errors import DataError
from clmil.labels.relations import LabelRelations
from clmil.labels.space import LabelSpace
from clmil.storage.encoders import LoadedEncoder
from clmil.systems.cl_mil import encoder_window, text_budget
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
