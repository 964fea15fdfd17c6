"""A review of labelled documents: what is likely wrong, and what to label next."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from clmil.data.columns import STANDARD, Columns
from clmil.errors import DataError
from clmil.reports.review_material import ReviewMaterial, read_material
from clmil.reports.review_rows import Row, labelled_rows, waiting_rows
from clmil.systems.light_scores import LightScores, Scoring, score_documents


@dataclass(frozen=True, kw_only=True)
class ReviewSettings:
    """What is looked for.

    Attributes:
        share: of the annotated documents that are proposed for a look, those ranked first.
        near: cosine of TF-IDF vectors from which on two texts are nearly the same.
        wanted: documents proposed for labelling at most.

    Raises:
        DataError: if a number is out of range.
    """

    share: float = 0.05
    near: float = 0.9
    wanted: int = 100

    def __post_init__(self) -> None:
        for name, value in (("share", self.share), ("cosine", self.near)):
            if not 0 < value <= 1:
                raise DataError(f"the {name} {value:g} is not above 0 and at most 1.")


@dataclass(frozen=True, kw_only=True, eq=False)
class Review:
    """The documents, those to look at first.

    Attributes:
        rows: `id`, `rank`, `reason`, `labels` (None: nobody has annotated the document),
            `suggested_labels`, `quality`, `unknown` and `text`.
        facts: documents that are `annotated`, `suspicious`, `near` and `label_next`.
        notes: what was found in reading, a sentence each, to be said aloud.
    """

    rows: list[Row]
    facts: dict[str, int]
    notes: tuple[str, ...] = field(default=())


def review_data(
    data: str | Path,
    *,
    columns: Columns = STANDARD,
    part: str = "train",
    unlabelled: Path | None = None,
    scoring: Scoring | None = None,
    settings: ReviewSettings | None = None,
    check: Callable[[ReviewMaterial], None] = lambda _: None,
) -> Review:
    """Rank documents by how likely their labels are wrong, and others by what they would tell.

    Args:
        data: a file, a folder of parts, a `datasets` folder or a hub id.
        columns: names of the columns.
        part: which part of a folder.
        unlabelled: a file of texts without labels.
        scoring: which models tell.
        settings: what is looked for.
        check: is given what was read, to refuse it before minutes of scoring.

    Raises:
        DataError: if the data cannot be used, or too few documents are annotated.
        ModelError, MissingExtraError: if an encoder is wanted and cannot be loaded.
    """
    material = read_material(data, columns, part, unlabelled)
    check(material)
    scores = score_documents(
        list(material.documents["text"]),
        material.targets,
        others=[document.text for document in material.waiting],
        scoring=scoring,
    )
    return reviewed(material, scores, settings or ReviewSettings())


def reviewed(material: ReviewMaterial, scores: LightScores, settings: ReviewSettings) -> Review:
    """Return the review of documents with their scores."""
    found = labelled_rows(material, scores.labelled, share=settings.share, near=settings.near)
    asked, rest = waiting_rows(material, scores.others, wanted=settings.wanted)
    rows = [*found.suspicious, *found.near, *asked, *found.unsuspected, *rest]
    facts = {
        "annotated": len(material.ids),
        "suspicious": len(found.suspicious),
        "near": len(found.near),
        "label_next": len(asked),
    }
    ranked = [row | {"rank": rank} for rank, row in enumerate(rows, start=1)]
    return Review(rows=ranked, facts=facts, notes=material.notes)
