"""How probable every label of every document is, by models that did not see the document.

They are light, so that labels can be reviewed within minutes: TF-IDF with linear machines, the
same machines on a frozen encoder, or both. Each is calibrated by cross-validation; of both, the
logits are averaged.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from clmil.decisions.calibrating import fit_calibration
from clmil.decisions.calibration import logit, sigmoid
from clmil.errors import DataError
from clmil.systems.embedding_head import EmbeddingHead, embed_texts
from clmil.systems.linear_model import LinearModel
from clmil.systems.out_of_fold import Head, out_of_fold

Kind = Literal["linear", "embeddings", "both"]


@dataclass(frozen=True, kw_only=True)
class Scoring:
    """How documents are scored.

    Attributes:
        kind: which models.
        encoder: of the embeddings; an alias, a folder or a hub id.
        folds: of the cross-validation.
        seed: of the folds.
        advance: told how many documents more were scored or embedded.
    """

    kind: Kind = "linear"
    encoder: str = "minilm"
    folds: int = 5
    seed: int = 0
    advance: Callable[[int], None] = field(default=lambda _: None)


@dataclass(frozen=True, kw_only=True, eq=False)
class LightScores:
    """Calibrated probabilities.

    Attributes:
        labelled: (n, l) float64, each document's by models that did not see it.
        others: (m, l) float64, by models that saw all n.
    """

    labelled: np.ndarray
    others: np.ndarray


def score_documents(
    texts: Sequence[str],
    targets: np.ndarray,
    *,
    others: Sequence[str] = (),
    scoring: Scoring | None = None,
) -> LightScores:
    """Score documents by cross-validation, and others by a model of all of them.

    Args:
        texts: n annotated documents.
        targets: (n, l) int8, -1 unknown.
        others: m documents more, without labels.
        scoring: how.

    Raises:
        DataError: if there are fewer documents than folds, or no text holds a word.
        ModelError, MissingExtraError: if an encoder is wanted and cannot be loaded.
    """
    told = scoring or Scoring()
    if len(texts) < 2 * told.folds:
        raise DataError(
            f"there are {len(texts)} annotated documents, too few to learn what labels mean; "
            f"give at least {2 * told.folds}."
        )
    views = []
    if told.kind != "embeddings":
        views.append(linear_view(texts, others))
    if told.kind != "linear":
        vectors = embed_texts([*texts, *others], told.encoder, advance=told.advance)
        views.append(embedded_view(vectors[: len(texts)], vectors[len(texts) :]))
    return score_views(views, targets, told)


@dataclass(frozen=True, kw_only=True, eq=False)
class View:
    """Documents as one kind of model reads them.

    Attributes:
        make: gives a model that has not been fitted.
        labelled: n texts, or (n, h) vectors.
        others: m texts, or (m, h) vectors.
    """

    make: Callable[[], Head]
    labelled: Sequence[str] | np.ndarray
    others: Sequence[str] | np.ndarray


def linear_view(texts: Sequence[str], others: Sequence[str] = ()) -> View:
    """Return texts for TF-IDF of words and linear machines."""
    return View(make=lambda: LinearModel(pairs=False), labelled=texts, others=others)


def embedded_view(vectors: np.ndarray, others: np.ndarray) -> View:
    """Return (n, h) and (m, h) vectors of texts for linear machines."""
    return View(make=EmbeddingHead, labelled=vectors, others=others)


def score_views(views: Sequence[View], targets: np.ndarray, scoring: Scoring) -> LightScores:
    """Score documents by each view; the mean of the calibrated logits counts.

    Args:
        views: at least one.
        targets: (n, l) int8, -1 unknown.
        scoring: folds and seed.
    """
    parts = [_scored(view, targets, scoring) for view in views]
    labelled, others = (np.mean([part[side] for part in parts], axis=0) for side in (0, 1))
    return LightScores(labelled=sigmoid(labelled), others=sigmoid(others))


def _scored(view: View, targets: np.ndarray, told: Scoring) -> tuple[np.ndarray, np.ndarray]:
    """Return (n, l) and (m, l) calibrated logits."""
    fold = np.random.default_rng(told.seed).permutation(len(targets)) % told.folds
    raw = out_of_fold(view.make, view.labelled, targets, fold, advance=told.advance)
    calibration, labelled, _ = fit_calibration("temperature", raw, targets, seed=told.seed)
    if not len(view.others):
        return logit(labelled), np.zeros((0, targets.shape[1]))
    rest = view.make().fit(view.labelled, targets).predict_proba(view.others)
    return logit(labelled), logit(rest if calibration is None else calibration.apply(rest))
