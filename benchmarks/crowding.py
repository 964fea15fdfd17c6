"""What label tokens do to a pre-trained encoder's texts, before any training.

python -m benchmarks.crowding CORPUS

A linear probe learns from frozen representations of training documents and is judged on
validation documents; the test part is not read. Written to results/crowding-NAME.json and
docs/method.md.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.trials import RESULTS, ROOT, of_corpora, row
from clmil.data.batching import padded_batches
from clmil.data.corpus import read_corpus
from clmil.data.split import carve_validation
from clmil.nn.network import Network
from clmil.reports.geometry import geometry
from clmil.storage.atomic import write_json, write_text
from clmil.systems.material import Material, Tokens
from clmil.systems.recipe import load_recipe
from clmil.systems.registry import family_of
from clmil.training.material import gather

PAGE = ROOT / "docs" / "method.md"
DOCUMENTS = 2500
"""Training documents of the probe."""

LEAST = 2
"""Relevant documents that a label needs on either side to be judged."""

JOINT = "cl-mil"
VARIANTS: dict[str, tuple[str, list[str]]] = {
    "text alone": ("bert", []),
    "labels as tokens like any other": (JOINT, ["labels.attention=null"]),
    "at one position": (JOINT, ["labels.attention=null", "labels.positions=shared"]),
    "of the text's own token type": (JOINT, ["labels.attention=null", "labels.segment=0"]),
    "that do not see the text": (JOINT, ["labels.attention=null", "labels.see_text=false"]),
    "`labels.attention=10`": (JOINT, ["labels.attention=10"]),
    "`labels.attention=1`": (JOINT, ["labels.attention=1"]),
    "`labels.attention=1`, that do not see the text": (
        JOINT,
        ["labels.attention=1", "labels.see_text=false"],
    ),
}


def crowding(corpus: str) -> dict[str, Any]:
    """Return for each variant how its texts lie and what a linear probe reads of them."""
    read = read_corpus(corpus)
    validation, train = read.validation, read.train
    if validation is None:
        train, validation, _ = carve_validation(train, share=0.1, seed=1)
    material = gather(read, train, validation)
    chosen = np.random.default_rng(0).permutation(len(train))[:DOCUMENTS]
    room = untrained(JOINT, [], material)[0].room(joint=True)
    report: dict[str, Any] = {
        "documents": len(chosen),
        "validation": len(validation),
        "word_pieces": room,
        "variants": {},
    }
    for name, (system, changes) in VARIANTS.items():
        network, tokens = untrained(system, changes, material)
        texts = [
            represented(network, part[rows]["text_ids"], room)
            for part, rows in ((tokens.train, chosen), (tokens.validation, range(len(validation))))
        ]
        probabilities = probe(texts[0], material.train_targets[chosen], texts[1])
        report["variants"][name] = {
            "mean_cosine": geometry(texts[1]).mean_cosine,
            **judged(probabilities, material, chosen),
        }
    return report


def untrained(system: str, changes: list[str], material: Material) -> tuple[Network, Tokens]:
    """Return a system's network as its training would begin, and the documents as it reads them."""
    recipe = load_recipe(system=system, overrides=changes)
    learner: Any = family_of(system).learner(recipe, material)
    learner.build()
    with TemporaryDirectory() as cache:
        learner.read(Path(cache))
        tokens = learner.tokens
        return learner.network.eval(), Tokens(
            train=tokens.train.with_format(None), validation=tokens.validation.with_format(None)
        )


def represented(network: Network, ids: list[list[int]], room: int) -> np.ndarray:
    """Return (n, h) float32 text representations, of as many word pieces in all variants."""
    found = np.empty((len(ids), network.encoder.config.hidden_size), dtype=np.float32)
    with torch.inference_mode():
        for rows, batch in padded_batches([one[:room] for one in ids], 16, network.device):
            found[rows] = network.represented(**batch).pooled.numpy()
    return found


def probe(train: np.ndarray, targets: np.ndarray, validation: np.ndarray) -> np.ndarray:
    """Return (n, l) probabilities of a logistic regression a label; 0 of labels never seen."""
    seen = np.flatnonzero((targets == 1).any(axis=0))
    model = make_pipeline(
        StandardScaler(), OneVsRestClassifier(LogisticRegression(C=0.1, max_iter=200))
    )
    model.fit(train, targets[:, seen] == 1)
    probabilities = np.zeros((len(validation), targets.shape[1]))
    probabilities[:, seen] = model.predict_proba(validation)
    return probabilities


def judged(probabilities: np.ndarray, material: Material, chosen: np.ndarray) -> dict[str, Any]:
    """Return micro-F1 at 0.5, and the mean of average precision over labels."""
    truth = material.validation_targets == 1
    decided = probabilities >= 0.5
    both = (decided & truth).sum()
    known = (material.train_targets[chosen] == 1).sum(axis=0) >= LEAST
    labels = np.flatnonzero(known & (truth.sum(axis=0) >= LEAST))
    return {
        "labels": len(labels),
        "micro_f1": float(2 * both / (decided.sum() + truth.sum())),
        "macro_ap": float(
            np.mean([average_precision_score(truth[:, k], probabilities[:, k]) for k in labels])
        ),
    }


def table(name: str, report: Mapping[str, Any]) -> str:
    """Return a line for each variant."""
    one = next(iter(report["variants"].values()))
    lines = [
        f"**{name}**: {report['documents']:,} training documents, {report['validation']:,} of "
        f"validation, {report['word_pieces']} word pieces of each, {one['labels']} labels",
        "",
        row(["labels", "mean cosine", "micro-F1", "macro average precision"]),
        row(["---", *["---:"] * 3]),
    ]
    for variant, found in report["variants"].items():
        scores = (f"{100 * found[key]:.1f}" for key in ("micro_f1", "macro_ap"))
        lines.append(row([variant, f"{found['mean_cosine']:.2f}", *scores]))
    return "\n".join(lines)


def filled(page: str) -> str:
    """Return the page with the tables of all results between their marks."""
    return of_corpora(page, "crowding", table, "crowding")


def main() -> None:
    """Probe, write report and page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus")
    given = parser.parse_args()
    write_json(RESULTS / f"crowding-{Path(given.corpus).name}.json", crowding(given.corpus))
    write_text(PAGE, filled(PAGE.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
