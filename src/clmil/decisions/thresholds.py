"""Choosing thresholds on labelled documents: one for all labels, or one for each.

The threshold of a label with few relevant documents says more of chance than of the label, so it
is drawn towards the best threshold of labels that are about as frequent, the more the fewer it
has; cross-validation says how strongly. Everything happens on one grid of thresholds, even in the
logit, for which true and false positives are counted once and then only added up.
"""

from typing import Any, Literal

import numpy as np

from clmil.decisions.counted import GRID, Counted, count_cells
from clmil.decisions.metrics import known_labels, macro_mean, ratios
from clmil.decisions.objectives import Objective

STRENGTHS = (0.0, 1.0, 3.0, 10.0, 30.0, 100.0, np.inf)
"""As many relevant documents of a label weigh as much as the labels that are like it."""

KINSHIP = 0.5
"""Standard deviation, in the logarithm of the training frequency, of what counts as alike."""

FOLDS, REPEATS = 5, 3
"""Of the cross-validation."""

MARGIN = 0.002
"""Micro-F1 that thresholds by label, against one for all, have to gain to be chosen for micro-F1,
where less is chance, and may cost to be chosen for macro-F1."""

Scope = Literal["per-label", "global"]


def choose_thresholds(
    probabilities: np.ndarray,
    targets: np.ndarray,
    objective: Objective,
    *,
    scope: Scope = "per-label",
    frequency: np.ndarray | None = None,
    seed: int = 0,
) -> tuple[np.ndarray, dict[str, Any]]:
    """Choose thresholds.

    Args:
        probabilities: (n, l), calibrated if they will be.
        targets: (n, l) int8, -1 unknown, which counts nowhere.
        objective: what they are chosen for.
        scope: one for every label, or one for all.
        frequency: (l,) training documents of each label; None counts the targets.
        seed: of the folds.

    Returns:
        (l,) float64 thresholds, and how they came about: the strength and the cross-validated
        scores, which no document has had a say in that they are scored on.
    """
    cells = np.searchsorted(GRID, probabilities)  # a label is predicted at the places below
    counted = count_cells(cells, targets)
    kin = _kinship(counted.positives[:, 0] if frequency is None else frequency)
    strengths = STRENGTHS if scope == "per-label" else ()
    judged = _cross_validate(cells, targets, objective, kin, strengths, seed)
    admitted = _admitted(judged, objective)
    best = max(admitted, key=lambda name: judged[name]["score"])
    places = _places(counted, objective, kin, strengths)[best]
    facts = {
        "scope": "global" if best == "global" else "per-label",
        "strength": str(best) if best in ("global", np.inf) else best,
        "folds": FOLDS,
        "repeats": REPEATS,
        "cross_validated": {"global": judged["global"], "chosen": judged[best]},
    }
    return GRID[places], facts


def _kinship(frequency: np.ndarray) -> np.ndarray:
    """Return the (l, l) weights of labels that are about as frequent, rows adding up to 1."""
    size = np.log(np.maximum(frequency, 1.0))
    weights = np.exp(-0.5 * ((size[:, None] - size) / KINSHIP) ** 2)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _places(
    counted: Counted, objective: Objective, kin: np.ndarray, strengths: tuple[float, ...]
) -> dict[Any, np.ndarray]:
    """Return (l,) places of the grid: one for all labels (`global`), and for each strength."""
    labels = len(counted.positives)
    everyone = np.full((1, labels), 1 / labels)
    level = counted.shared_f1().max()
    shared = plateau(objective.pooled_gain(counted, level, everyone)).repeat(labels)
    found: dict[Any, np.ndarray] = {"global": shared}
    if not strengths:
        return found
    seen = counted.positives[:, 0]
    own = plateau(objective.gain(counted, level))
    while objective.name == "micro-f1":
        reached = objective.score(*counted.at(own), seen > 0)
        if reached <= level + 1e-12:
            break
        level = reached
        own = plateau(objective.gain(counted, level))
    alike = plateau(objective.pooled_gain(counted, level, kin))
    for strength in strengths:
        weight = np.where(seen > 0, seen / np.maximum(seen + strength, 1e-12), 0.0)
        found[strength] = np.rint(weight * own + (1 - weight) * alike).astype(np.int64)
    return found


def plateau(gain: np.ndarray) -> np.ndarray:
    """Return the middle of the longest run of largest values in each row of (l, g)."""
    top = gain >= gain.max(axis=1, keepdims=True) - 1e-9
    seen = top.cumsum(axis=1)
    run = seen - np.maximum.accumulate(np.where(top, 0, seen), axis=1)
    end = run.argmax(axis=1)
    middle: np.ndarray = end - (run[np.arange(len(end)), end] - 1) // 2
    return middle


def _cross_validate(
    cells: np.ndarray,
    targets: np.ndarray,
    objective: Objective,
    kin: np.ndarray,
    strengths: tuple[float, ...],
    seed: int,
) -> dict[Any, dict[str, float]]:
    """Return scores of `global` and of each strength on documents outside of the choice."""
    rng = np.random.default_rng(seed)
    total = {name: np.zeros((3, targets.shape[1])) for name in ("global", *strengths)}
    for _ in range(REPEATS):
        fold = rng.permutation(len(targets)) % FOLDS
        parts = [count_cells(cells[fold == k], targets[fold == k]) for k in range(FOLDS)]
        whole = parts[0]
        for part in parts[1:]:
            whole += part
        for part in parts:
            for name, places in _places(whole - part, objective, kin, strengths).items():
                total[name] += np.stack(part.at(places))
    known = known_labels(targets)
    return {name: _judged(counts / REPEATS, known, objective) for name, counts in total.items()}


def _judged(counts: np.ndarray, among: np.ndarray, objective: Objective) -> dict[str, float]:
    """Return the scores of (3, l) true positives, false positives and relevant cells.

    Args:
        counts: of all labels.
        among: (l,) bool, the labels that are known in some document; others count nowhere.
        objective: whose score it is, beside micro- and macro-F1.
    """
    tp, fp, positives = counts
    micro = ratios(tp.sum(), fp.sum(), (positives - tp).sum())[2]
    macro = macro_mean(ratios(tp, fp, positives - tp)[2], among)
    score = objective.score(tp, fp, positives, among)
    return {"score": score, "micro_f1": float(micro), "macro_f1": float(macro)}


def _admitted(judged: dict[Any, dict[str, float]], objective: Objective) -> list[Any]:
    """Return the choices whose micro-F1 holds against one threshold for all labels."""
    if objective.name not in ("macro-f1", "micro-f1"):
        return list(judged)
    margin = MARGIN if objective.name == "micro-f1" else -MARGIN
    least = judged["global"]["micro_f1"] + margin
    return ["global", *(name for name, row in judged.items() if row["micro_f1"] >= least)]
