"""How long texts are, in word pieces of an encoder or in words, and what will be cut off."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from datasets import Dataset

SAMPLE, SEED = 20_000, 0
"""Texts of a part that are measured in word pieces; more are sampled with this seed."""

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95, 0.99)

Measure: TypeAlias = Callable[[list[str]], list[int]]


@dataclass(frozen=True, kw_only=True)
class Ruler:
    """What lengths are measured with.

    Attributes:
        unit: `word pieces of minilm`, or `words`.
        measure: texts to their lengths; None: words are counted.
        budget: lengths that fit into the input beside the labels; None: unknown.
    """

    unit: str = "words"
    measure: Measure | None = None
    budget: int | None = None


def length_facts(documents: Dataset, words: np.ndarray, ruler: Ruler) -> dict[str, Any]:
    """Return quantiles, the largest length, a histogram and the share that is cut off.

    Args:
        documents: a part.
        words: (n,) words of its texts.
        ruler: what to measure with.
    """
    lengths = words if ruler.measure is None else _measured(documents, ruler.measure)
    if not len(lengths):
        return {"measured": 0}
    counts, edges = np.histogram(lengths, bins=30, range=(0, max(np.quantile(lengths, 0.995), 1)))
    cut = None if ruler.budget is None else float((lengths > ruler.budget).mean())
    values = [round(value) for value in np.quantile(lengths, QUANTILES).tolist()]
    return {
        "measured": len(lengths),
        "mean": float(lengths.mean()),
        "quantiles": {
            f"{share:g}": round(value) for share, value in zip(QUANTILES, values, strict=True)
        },
        "most": int(lengths.max()),
        "cut_off": cut,
        "histogram": {"counts": counts.tolist(), "edges": np.round(edges, 1).tolist()},
    }


def _measured(documents: Dataset, measure: Measure) -> np.ndarray:
    """Measure all texts, or a seeded sample of many."""
    rows = np.arange(len(documents))
    if len(rows) > SAMPLE:
        rows = np.sort(np.random.default_rng(SEED).choice(len(rows), SAMPLE, replace=False))
    lengths: list[int] = []
    for start in range(0, len(rows), 1000):
        lengths += measure(list(documents[rows[start : start + 1000]]["text"]))
    return np.array(lengths, dtype=np.int32)
