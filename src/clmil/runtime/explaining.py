"""Which words of a text speak for which label, and which of its labels go together."""

from collections.abc import Iterable, Sequence
from itertools import combinations
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from clmil.errors import DataError, ModelError, RecipeError
from clmil.labels.space import LabelSpace
from clmil.runtime.evidence import Evidence, Witness
from clmil.runtime.explanation import Explanation, LabelExplanation, LabelTie, WordScore

if TYPE_CHECKING:
    from clmil.runtime.predictor import Predictor

METHODS = ("own", "occlusion", "integrated-gradients")
"""What can be asked for; an explanation's `method` says what was done."""


def explain(
    predictor: "Predictor",
    texts: Sequence[str],
    *,
    labels: Sequence[str] | None = None,
    method: str = "own",
    top: int | None = 10,
) -> list[Explanation]:
    """Say for each text which words speak for and against its labels.

    Args:
        predictor: a loaded model.
        texts: n texts; a network looks at the part of a text that it reads.
        labels: names of the labels to ask about; None: those that are predicted.
        method: `own`, the fastest that the system has; `occlusion`, words left out one by one;
            or `integrated-gradients`.
        top: words at most for each label, those of the largest |score|; None: all.

    Raises:
        DataError: on labels that are no list, or one that the model does not know.
        ModelError: if the method needs a network's word vectors and the model has none.
        RecipeError: on an unknown method, or a `top` that is no whole number of 1 or more.
    """
    if method not in METHODS:
        raise RecipeError(f"the method {method!r} is unknown; give one of {', '.join(METHODS)}.")
    _check_top(top)
    asked = None if labels is None else _columns(predictor.space, labels)
    witness = witness_for(predictor, method)
    predicted = predictor.predict(list(texts))
    found = zip(texts, predicted.probabilities, predicted.decided, strict=True)
    return [_explain(predictor, witness, one, asked, top) for one in found]


def witness_for(predictor: "Predictor", method: str = "own") -> Witness:
    """Return what explains a model: by the model's kind and the method.

    Raises:
        ModelError: if the method needs a network's word vectors and the model has none.
    """
    saved: Any = predictor.scorer
    if hasattr(getattr(saved, "network", None), "represented"):
        from clmil.runtime import network_words

        ways = (
            network_words.HalfWayWords,
            network_words.OccludedWords,
            network_words.IntegratedWords,
        )
        return ways[METHODS.index(method)](predictor)
    if method == "integrated-gradients":
        raise ModelError("this model has no word vectors to integrate over; use the method own.")
    from clmil.storage.linear import LinearWeights

    if method == "own" and isinstance(getattr(saved, "weights", None), LinearWeights):
        from clmil.runtime.linear_words import LinearWords

        return LinearWords(saved.weights)
    from clmil.runtime.cut_words import CutWords

    return CutWords(predictor.raw_proba)


def _check_top(top: Any) -> None:
    whole = isinstance(top, Integral) and not isinstance(top, bool)
    if top is not None and not (whole and top >= 1):
        raise RecipeError(f"{top!r} words cannot be shown; give a whole number of 1 or more.")


def _columns(space: LabelSpace, given: Any) -> list[int]:
    """Return the columns of labels, each once."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        what = "a single string" if isinstance(given, str) else repr(given)
        raise DataError(f"labels is {what}; give a list of label names.")
    names = list(given)
    for name in names:
        if not isinstance(name, str) or name not in space.index:
            raise DataError(f"{name!r} is no label of this model; see its labels.json.")
    return list(dict.fromkeys(space.index[name] for name in names))


def _explain(
    predictor: "Predictor",
    witness: Witness,
    found: tuple[str, np.ndarray, np.ndarray],
    asked: list[int] | None,
    top: int | None,
) -> Explanation:
    text, probabilities, decided = found
    order = np.argsort(-probabilities, kind="stable").tolist()
    columns = [column for column in order if decided[column]] if asked is None else asked
    evidence = witness.words(text, columns, top) if columns else None
    labels = []
    for row, column in enumerate(columns):
        assert evidence is not None
        labels.append(
            LabelExplanation(
                label=predictor.space.names[column],
                probability=float(probabilities[column]),
                predicted=bool(decided[column]),
                words=_best(text, evidence, row, top),
            )
        )
    ties = _ties(predictor, text, columns)
    return Explanation(text=text, method=witness.method, labels=tuple(labels), together=ties)


def _best(text: str, evidence: Evidence, row: int, top: int | None) -> tuple[WordScore, ...]:
    """Return the words of the largest |score| for a label; words without a score are left out."""
    scores = evidence.scores[row]
    order = np.argsort(-np.abs(np.nan_to_num(scores)), kind="stable")
    known = [place for place in order.tolist() if not np.isnan(scores[place])][:top]
    return tuple(
        WordScore(start=start, end=end, word=text[start:end], score=float(scores[place]))
        for place in known
        for start, end in [evidence.spans[place]]
    )


def _ties(predictor: "Predictor", text: str, columns: list[int]) -> tuple[LabelTie, ...]:
    """Return every pair of the labels, the closest first; none without a relation head."""
    network: Any = getattr(predictor.scorer, "network", None)
    if len(columns) < 2 or not hasattr(network, "clrl"):
        return ()
    from clmil.runtime.relations import label_ties

    near, often = label_ties(predictor, text, columns)
    names = predictor.space.names
    pairs = [
        LabelTie(
            first=names[columns[one]],
            second=names[columns[other]],
            strength=float(near[one, other]),
            often=bool(often[one, other]),
        )
        for one, other in combinations(range(len(columns)), 2)
    ]
    return tuple(sorted(pairs, key=lambda tie: -tie.strength))
