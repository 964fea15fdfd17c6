"""What unknown labels cost: a share of the training part's cells is hidden at random.

    python benchmarks/partial.py sample
    CLMIL_DATA_DIR=... python benchmarks/partial.py reuters

trains three times: with all labels, with the hidden cells masked as unknown, and with the hidden
cells read as "does not apply". Validation and test keep all labels. Scores on the test part go to
results/partial-NAME.json; `--more` adds seeds to the file.

A cell is one label of one document. Hiding cells that are negative and reading them as negative
would change nothing; so `--cells all`, the default, hides cells whatever they say, as where an
annotator has looked at some labels only, and `--cells positives` hides relevant ones alone.
Every label keeps one known document.
"""

import argparse
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset

from clmil.cli.demo import OVERRIDES
from clmil.data.corpus import Corpus, from_lists, read_corpus
from clmil.data.packaged import sample_corpus_path
from clmil.data.split import carve_validation
from clmil.data.targets import encode_targets, label_counts
from clmil.decisions.metrics import score, threshold
from clmil.reports.progress import RichProgress
from clmil.runtime.predictor import Predictor
from clmil.storage.atomic import read_json, write_json
from clmil.systems.recipe import Recipe, load_recipe
from clmil.training.run import train

ROOT = Path(__file__).parents[1]
TREATMENTS = ("full", "masked", "negatives")
SCORES = ("micro_f1", "macro_f1")


@dataclass(frozen=True, kw_only=True)
class Hiding:
    """Which cells are hidden: their share, of which kind, by which seed."""

    share: float
    cells: str
    seed: int

    def draw(self, targets: np.ndarray) -> np.ndarray:
        """Return the (n, l) bool mask of hidden cells; each label keeps a known positive."""
        rng = np.random.default_rng([self.seed, 30])
        eligible = targets == 1 if self.cells == "positives" else targets >= 0
        hidden = (rng.random(targets.shape) < self.share) & eligible
        lost = np.flatnonzero(~((targets == 1) & ~hidden).any(axis=0))
        for label in lost:
            hidden[np.flatnonzero(targets[:, label] == 1)[0], label] = False
        return hidden


def treated(part: Dataset, names: Sequence[str], hidden: np.ndarray, treatment: str) -> Dataset:
    """Return a training part with its hidden cells masked, or read as negative."""
    if treatment == "full":
        return part
    labels, unknown = [], []
    for given, before, row in zip(part["labels"], part["unknown"], hidden, strict=True):
        covered = {names[column] for column in np.flatnonzero(row)}
        labels.append(None if given is None else [name for name in given if name not in covered])
        unknown.append([*before, *sorted(covered)] if treatment == "masked" else before)
    return from_lists(part["text"], labels, unknown=unknown)


def run(corpus: Corpus, recipe: Recipe, folder: Path) -> dict[str, Any]:
    """Train, and score the test part: at 0.5, and by the rule that training chose."""
    assert corpus.test is not None
    train(replace(corpus, notes=()), recipe, folder, overwrite=True, progress=RichProgress())
    predictor = Predictor.load(folder)
    targets = encode_targets(corpus.test, predictor.space.names, where="test")
    raw = predictor.raw_proba(list(corpus.test["text"]))
    shutil.rmtree(folder)
    decided = predictor.rule.decide(predictor.rule.calibrate(raw))
    return {
        "at_half": score(targets, threshold(raw)).to_json(),
        "by_rule": score(targets, decided).to_json(),
    }


def compare(corpus: Corpus, recipe: Recipe, hiding: Hiding, work: Path) -> dict[str, Any]:
    """Train with each treatment of the same hidden cells."""
    names = list(label_counts(corpus.train))
    targets = encode_targets(corpus.train, names, where="train")
    hidden = hiding.draw(targets)
    results = {
        treatment: run(
            replace(corpus, train=treated(corpus.train, names, hidden, treatment)),
            recipe,
            work / treatment,
        )
        for treatment in TREATMENTS
    }
    return {
        "seed": hiding.seed,
        "hidden_cells": int(hidden.sum()),
        "hidden_positives": int((hidden & (targets == 1)).sum()),
        "known_cells": int((targets >= 0).sum()),
        "results": results,
    }


def costs(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the mean scores by treatment, and what each treatment costs against full labels."""
    told: dict[str, Any] = {}
    for decided in ("at_half", "by_rule"):
        for name in SCORES:
            mean = {
                treatment: float(
                    np.mean([run["results"][treatment][decided][name] for run in runs])
                )
                for treatment in TREATMENTS
            }
            masked, negatives = (mean["full"] - mean[kind] for kind in ("masked", "negatives"))
            told[f"{name}_{decided}"] = mean | {
                "cost_masked": masked,
                "cost_negatives": negatives,
                "cost_share": masked / negatives if negatives > 0 else None,
            }
    return told


def read(name: str) -> Corpus:
    """Return the sample, or a corpus below CLMIL_DATA_DIR, always with a validation part."""
    if name == "sample":
        return _carved(read_corpus(sample_corpus_path()))
    folder = os.environ.get("CLMIL_DATA_DIR")
    if not folder:
        raise SystemExit("set CLMIL_DATA_DIR to the folder of the benchmark data")
    return _carved(read_corpus(Path(folder) / name))


def _carved(corpus: Corpus) -> Corpus:
    if corpus.test is None:
        raise SystemExit(f"{corpus.name} has no test part")
    if corpus.validation is not None:
        return corpus
    rest, validation, _ = carve_validation(corpus.train, seed=1)
    return replace(corpus, train=rest, validation=validation)


def main() -> None:
    """Read the arguments, run, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", help="sample, or a folder below CLMIL_DATA_DIR")
    parser.add_argument("--share", type=float, default=0.3)
    parser.add_argument("--cells", choices=("all", "positives"), default="all")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--more", action="store_true", help="add seeds to those of the file")
    parser.add_argument("--recipe", default="default")
    parser.add_argument("--system")
    parser.add_argument("--set", dest="overrides", action="append", default=[])
    parser.add_argument("--output", type=Path)
    given = parser.parse_args()
    suffix = "" if given.cells == "all" else f"-{given.cells}"
    output = given.output or ROOT / "results" / f"partial-{given.name}{suffix}.json"
    corpus = read(given.name)
    overrides = [*(OVERRIDES if given.name == "sample" else ()), "training.report_to=[]"]
    overrides += given.overrides
    runs: list[dict[str, Any]] = read_json(output)["runs"] if given.more else []
    for seed in given.seeds:
        recipe = load_recipe(
            given.recipe, system=given.system, overrides=[*overrides, f"seed={seed}"]
        )
        hiding = Hiding(share=given.share, cells=given.cells, seed=seed)
        with tempfile.TemporaryDirectory() as work:
            runs.append(compare(corpus, recipe, hiding, Path(work)))
        report = {
            "data": given.name,
            "part": "test",
            "share": given.share,
            "cells": given.cells,
            "train_documents": len(corpus.train),
            "costs": costs(runs),
            "runs": runs,
            "recipe": recipe.plain(),
            "clmil": version("clmil"),
        }
        write_json(output, report)


if __name__ == "__main__":
    main()
