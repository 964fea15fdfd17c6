"""All scores of a model on documents, and the JSON that is kept of them."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
from datasets import Dataset

from clmil.decisions.answers import Answers
from clmil.decisions.bootstrap import METRICS, RESAMPLES, Draws, interval, resample
from clmil.decisions.calibration_error import calibration_error
from clmil.decisions.curves import average_precisions
from clmil.decisions.metrics import Scores, score, threshold
from clmil.decisions.mistakes import confusion_counts, most_confused
from clmil.decisions.ranking import ranking_scores
from clmil.decisions.rule import DecisionRule
from clmil.labels.space import LabelSpace
from clmil.reports.by_length import scores_by_length
from clmil.reports.outcome import Outcome, annotated_targets, predict_all


@dataclass(frozen=True, kw_only=True, eq=False)
class Evaluation:
    """Scores of an outcome.

    Attributes:
        outcome: what was scored.
        scores: by the model's own rule.
        at_half: at a threshold of 0.5 for all labels.
        draws: scores on resampled documents, by the own rule.
    """

    outcome: Outcome
    scores: Scores
    at_half: Scores
    draws: Draws

    def columns(self, name: str) -> dict[str, dict[str, Any]]:
        """Return headings and overall scores: those at 0.5 stand beside them where they differ."""
        own, half = self.scores.to_json(), self.at_half.to_json()
        return {name: own} | ({"at 0.5": half} if half != own else {})

    def intervals(self) -> dict[str, dict[str, float]]:
        """Return the 95 % intervals of `METRICS`, as `low` and `high`."""
        return {name: asdict(interval(getattr(self.draws, name))) for name in METRICS}


def evaluate_outcomes(
    outcomes: list[Outcome], *, resamples: int = RESAMPLES, seed: int = 0
) -> list[Evaluation]:
    """Score outcomes of the same documents, with intervals from the same draws."""
    truth = outcomes[0].targets
    drawn = resample(
        truth, [outcome.predictions for outcome in outcomes], resamples=resamples, seed=seed
    )
    return [
        Evaluation(
            outcome=outcome,
            scores=_score(outcome, outcome.predictions),
            at_half=_score(outcome, outcome.at_half()),
            draws=draws,
        )
        for outcome, draws in zip(outcomes, drawn, strict=True)
    ]


def evaluate_documents(
    predict_proba: Callable[[list[str]], np.ndarray],
    documents: Dataset,
    space: LabelSpace,
    *,
    where: str,
    threshold_at: float = 0.5,
    advance: Callable[[int], None] = lambda _: None,
) -> Scores:
    """Predict documents and score the predictions at one threshold, without intervals.

    Args:
        predict_proba: texts to (n, l) probabilities.
        documents: columns `text`, `labels` and `unknown`.
        space: the labels, in the order of the columns.
        where: what the documents are, for messages.
        threshold_at: a label is predicted when its probability is greater.
        advance: told how many documents were done.

    Raises:
        DataError: if no document is annotated, or one has a label that the model does not know.
    """
    targets = annotated_targets(documents, space, where=where)
    said = predict_all(
        lambda texts: Answers(probabilities=predict_proba(texts)), documents, advance
    )
    found = threshold(said.probabilities, threshold_at)
    return score(targets, found, names=space.names, groups=space.groups())


def evaluation_report(
    scores: Scores, recipe: dict[str, Any], facts: dict[str, Any]
) -> dict[str, Any]:
    """Return plain values for a JSON file.

    Args:
        scores: of the evaluation.
        recipe: of the model, as plain values.
        facts: what was evaluated on what, put first.
    """
    return {
        **facts,
        "documents": scores.documents,
        "scores": scores.to_json(),
        "per_label": [asdict(label) for label in scores.per_label],
        "per_group": {name: asdict(group) for name, group in scores.per_group.items()},
        "clmil": version("clmil"),
        "seed": recipe.get("seed"),
        "recipe": recipe,
    }


def full_report(
    evaluation: Evaluation,
    recipe: dict[str, Any],
    facts: dict[str, Any],
    texts: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Return `evaluation_report` with all else that is known: see `docs/evaluation.md`.

    Args:
        evaluation: what is told.
        recipe: of the model, as plain values.
        facts: what was evaluated on what, put first.
        texts: (n,) of the documents, for scores by their length; None: these are left out.
    """
    outcome = evaluation.outcome
    report = evaluation_report(evaluation.scores, recipe, facts)
    rows = zip(report["per_label"], _label_facts(evaluation), strict=True)
    confused = most_confused(confusion_counts(outcome.targets, outcome.predictions))
    names = outcome.space.names
    by_length = (
        [] if texts is None else scores_by_length(texts, outcome.targets, outcome.predictions)
    )
    return report | {
        "per_length": by_length,
        "threshold": _single(outcome.rule),
        "per_label": [row | more for row, more in rows],
        "at_half": evaluation.at_half.to_json(),
        "ranking": ranking_scores(outcome.probabilities, outcome.targets).to_json(),
        "calibration_error": _calibration(outcome),
        "intervals": {"resamples": len(evaluation.draws.micro_f1), **evaluation.intervals()},
        "confusions": [
            {
                "missed": names[pair.missed],
                "predicted": names[pair.predicted],
                "documents": pair.documents,
            }
            for pair in confused
        ],
        "decisions": None if outcome.rule is None else outcome.rule.to_json(names),
    }


def _score(outcome: Outcome, predictions: np.ndarray) -> Scores:
    space = outcome.space
    return score(outcome.targets, predictions, names=space.names, groups=space.groups())


def _calibration(outcome: Outcome) -> dict[str, dict[str, float]]:
    """Return the errors of raw and calibrated probabilities; where they are one, once is enough."""
    raw, calibrated = outcome.raw, outcome.probabilities
    if np.array_equal(raw, calibrated):
        return dict.fromkeys(("raw", "calibrated"), asdict(calibration_error(raw, outcome.targets)))
    pairs = {"raw": (raw, calibrated), "calibrated": (calibrated, raw)}
    return {
        kind: asdict(calibration_error(given, outcome.targets, beside=other))
        for kind, (given, other) in pairs.items()
    }


def _single(rule: DecisionRule | None) -> float | None:
    """Return the threshold of all labels; None where they have different ones, or unknown."""
    levels = [] if rule is None else np.unique(rule.thresholds).tolist()
    return levels[0] if len(levels) == 1 else None


def _label_facts(evaluation: Evaluation) -> list[dict[str, Any]]:
    """Return what is known of each label beside its scores."""
    outcome, space = evaluation.outcome, evaluation.outcome.space
    group = {k: name for name, columns in space.groups().items() for k in columns.tolist()}
    area = average_precisions(outcome.probabilities, outcome.targets).tolist()
    at = None if outcome.rule is None else outcome.rule.thresholds.tolist()
    return [
        {
            "train_documents": space.counts[k],
            "group": group[k],
            "f1_interval": asdict(interval(evaluation.draws.label_f1[:, k])),
            "average_precision": None if np.isnan(area[k]) else area[k],
            "threshold": None if at is None else at[k],
            "f1_at_half": evaluation.at_half.per_label[k].f1,
        }
        for k in range(len(space))
    ]
