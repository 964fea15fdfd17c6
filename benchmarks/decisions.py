"""Measure what thresholds and calibration chosen on validation do for test documents.

    python benchmarks/decisions.py runs/aapd-8k DATA results/decisions-aapd-8k.json

DATA is a folder with train and test parts; without a validation part the one is taken that
training carved. Probabilities are kept in --cache as .npz, so that a second call is quick.
"""

import argparse
import hashlib
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset

from clmil.data.corpus import Corpus, read_corpus
from clmil.data.split import carve_validation
from clmil.data.targets import encode_targets
from clmil.decisions.calibration_error import calibration_error
from clmil.decisions.choosing import Choice, choose_rule
from clmil.decisions.metrics import score
from clmil.decisions.objectives import Objective
from clmil.decisions.rule import DecisionRule
from clmil.runtime.predictor import Predictor
from clmil.storage.atomic import read_json, write_json

SCOPES = ("global", "per-label")
CALIBRATIONS = ("none", "temperature", "isotonic")
Part = tuple[np.ndarray, np.ndarray]


def main() -> None:
    """Parse the command line, measure, write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("data")
    parser.add_argument("output", type=Path)
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="bf16")
    parser.add_argument("--cache", type=Path, help="folder of probabilities")
    given = parser.parse_args()
    parts, facts = probabilities(given.model, given.data, given.precision, given.cache)
    frequency = np.array(facts.pop("counts"))
    report = {"model": given.model.name, "precision": given.precision, **facts}
    write_json(given.output, report | measure(*parts, frequency))
    print(f"wrote {given.output}")


def probabilities(
    model: Path, data: str, precision: str, cache: Path | None
) -> tuple[tuple[Part, Part], dict[str, Any]]:
    """Return raw probabilities and targets of the validation and the test part, and facts."""
    labels = read_json(model / "labels.json")
    facts = {
        "data": Path(data).name,
        "counts": [row["train_documents"] for row in labels["labels"]],
        "weights": fingerprint(model),
    }
    stored = cache and cache / f"{model.name}-{facts['weights']}-{precision}.npz"
    if stored is None or not stored.exists():
        predictor = Predictor.load(model, precision=precision)
        corpus = read_corpus(data)
        validation = validation_part(corpus, predictor.recipe)
        arrays = {}
        for name, part in (("validation", validation), ("test", corpus.test)):
            arrays[f"{name}_targets"] = encode_targets(part, predictor.space.names, where=name)
            arrays[name] = predictor.raw_proba(list(part["text"]))
        if stored is not None:
            cache.mkdir(parents=True, exist_ok=True)
            np.savez_compressed(stored, **arrays)
    else:
        arrays = dict(np.load(stored))
    names = ("validation", "test")
    return tuple((arrays[name], arrays[f"{name}_targets"]) for name in names), facts


def fingerprint(model: Path) -> str:
    """Return what tells a model's weights from all others'."""
    found = hashlib.sha256()
    for file in sorted(model.glob("*.safetensors")):
        found.update(file.read_bytes())
    return found.hexdigest()[:16]


def validation_part(corpus: Corpus, recipe: dict[str, Any]) -> Dataset:
    """Return the validation part, carved as training did where the data have none."""
    if corpus.validation is not None:
        return corpus.validation
    share = recipe["training"]["validation_share"]
    return carve_validation(corpus.train, share=share, seed=recipe["seed"])[1]


def measure(validation: Part, test: Part, frequency: np.ndarray) -> dict[str, Any]:
    """Return test scores of every rule, each chosen on validation alone."""
    raw, targets = test
    rules = {"0.5": DecisionRule.fixed(raw.shape[1])}
    for name in ("macro-f1", "micro-f1"):
        for scope in SCOPES:
            choice = Choice(scope=scope, objective=Objective(name=name))
            rules[f"{name} {scope}"] = choose_rule(*validation, choice, frequency=frequency)
    calibrated = {
        kind: choose_rule(*validation, Choice(calibrate=kind), frequency=frequency)
        for kind in CALIBRATIONS
    }
    return {
        "documents": {"validation": len(validation[0]), "test": len(raw)},
        "labels": raw.shape[1],
        "thresholds": {name: judged(rule, raw, targets) for name, rule in rules.items()},
        "calibration": {
            kind: judged(rule, raw, targets)
            | {"error": asdict(calibration_error(rule.calibrate(raw), targets))}
            for kind, rule in calibrated.items()
        },
        "clmil": version("clmil"),
    }


def judged(rule: DecisionRule, raw: np.ndarray, targets: np.ndarray) -> dict[str, Any]:
    """Return overall test scores of a rule, and what it says of itself."""
    found = score(targets, rule.decide(rule.calibrate(raw)))
    return {"micro_f1": found.micro_f1, "macro_f1": found.macro_f1, "chosen": rule.chosen}


if __name__ == "__main__":
    main()
