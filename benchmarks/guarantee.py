"""Measure whether a promised bound on missed labels is kept, and what it costs.

    python -m benchmarks.guarantee runs/aapd-8k DATA results/guarantee-aapd-8k.json

Thresholds are chosen on validation documents, as training does. The pool is the test part of DATA,
which neither the model nor its thresholds have seen. Two ways of resampling it, each many times:

- drawn: half as many documents as the pool has are drawn from it, with replacement, to calibrate
  on. The pool itself is what they come from, so the share missed in it is the expectation that is
  promised.
- halved: calibrated on a random half, judged on the other. There chance moves the share of the
  judging half too, which no promise covers.
"""

import argparse
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from benchmarks.decisions import Part, probabilities
from clmil.decisions.choosing import Choice, choose_rule
from clmil.decisions.guarantee import Promise, guaranteed_rule
from clmil.decisions.kept import what_is_kept
from clmil.decisions.referral import referring_rule
from clmil.decisions.rule import DecisionRule
from clmil.storage.atomic import write_json

BOUNDS = (0.05, 0.1, 0.2)
SHARES = (0.05, 0.1, 0.2)
Pairs = list[tuple[np.ndarray, np.ndarray]]


def main() -> None:
    """Parse the command line, measure, write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("data")
    parser.add_argument("output", type=Path)
    parser.add_argument("--resamples", type=int, default=100)
    parser.add_argument("--confidence", type=float, default=0.95)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="bf16")
    parser.add_argument("--cache", type=Path, help="folder of probabilities")
    given = parser.parse_args()
    parts, facts = probabilities(given.model, given.data, given.precision, given.cache)
    validation, pool = parts
    rule = choose_rule(*validation, Choice(), frequency=np.array(facts.pop("counts")))
    ways = {way: resamples(way, len(pool[0]), given) for way in ("drawn", "halved")}
    report = {
        "model": given.model.name,
        "system": yaml.safe_load((given.model / "recipe.yaml").read_text(encoding="utf-8"))[
            "system"
        ],
        "precision": given.precision,
        **facts,
        "documents": len(pool[0]),
        "resamples": given.resamples,
        "confidence": given.confidence,
        "seed": given.seed,
        "own": own(rule, pool),
        "bounds": [
            {"way": way, **promised(rule, pool, pairs, bound, given.confidence)}
            for way, pairs in ways.items()
            for bound in BOUNDS
        ],
        "shares": [for_a_person(rule, pool, ways["halved"], share) for share in SHARES],
        "clmil": version("clmil"),
    }
    write_json(given.output, report)
    print(f"wrote {given.output}")


def resamples(way: str, documents: int, given: argparse.Namespace) -> Pairs:
    """Return rows to calibrate on, and rows to judge on, for each resample."""
    rng = np.random.default_rng(given.seed)
    half, pool = documents // 2, np.arange(documents)
    if way == "drawn":
        return [(rng.choice(documents, size=half), pool) for _ in range(given.resamples)]
    orders = [rng.permutation(documents) for _ in range(given.resamples)]
    return [(order[:half], order[half:]) for order in orders]


def own(rule: DecisionRule, pool: Part) -> dict[str, Any]:
    """Return what the model's own thresholds do."""
    kept = what_is_kept(rule, *pool)
    return {"missed": kept.missed, "precision": kept.precision, "labels": kept.labels}


def promised(
    rule: DecisionRule,
    pool: Part,
    pairs: Pairs,
    bound: float,
    confidence: float,
) -> dict[str, Any]:
    """Return how often a bound is kept, and what it costs."""
    raw, targets = pool
    promise, found = Promise(missed=bound, confidence=confidence), []
    for one, other in pairs:
        chosen = guaranteed_rule(rule, raw[one], targets[one], promise)
        found.append(what_is_kept(chosen, raw[other], targets[other]))
    missed = [kept.missed for kept in found]
    return {
        "bound": bound,
        "kept": int(np.sum(np.array(missed) <= bound)),
        "missed": float(np.mean(missed)),
        "worst": float(np.max(missed)),
        "precision": float(np.mean([kept.precision for kept in found])),
        "labels": float(np.mean([kept.labels for kept in found])),
    }


def for_a_person(
    rule: DecisionRule,
    pool: Part,
    pairs: Pairs,
    share: float,
) -> dict[str, Any]:
    """Return how many texts go to a person, and what the others are worth."""
    raw, targets = pool
    found = []
    for one, other in pairs:
        chosen = referring_rule(rule, raw[one], share)
        found.append(what_is_kept(chosen, raw[other], targets[other]))
    return {
        "share": share,
        **{
            name: float(np.mean([getattr(kept, name) for kept in found]))
            for name in ("referred", "wrong", "wrong_rest", "f1", "f1_rest")
        },
    }


if __name__ == "__main__":
    main()
