"""Measure how many swapped labels a review finds among the documents that it ranks first.

    python benchmarks/review.py DATA results/review-reuters.json --cache FOLDER

DATA has a train part. In 5 % of its documents that have a label, one of the document's labels,
drawn evenly, is replaced by one that it does not have: drawn evenly too ("uniform"), or as often
as labels occur ("frequency"). The ranked first 5 % of all documents are looked through. Ways of
ranking are compared on one seed and the review's own is reported on another, which chose nothing.
Vectors of texts are kept in --cache, so that a second call is quick.
"""

import argparse
import time
from collections.abc import Iterator
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from clmil.data.corpus import read_corpus
from clmil.data.targets import encode_targets, label_counts
from clmil.decisions.calibrating import fit_calibration
from clmil.decisions.calibration import logit, sigmoid
from clmil.decisions.label_quality import Ranking, document_quality
from clmil.storage.atomic import write_json
from clmil.systems.embedding_head import embed_texts
from clmil.systems.light_scores import Scoring, View, embedded_view, linear_view, score_views
from clmil.systems.out_of_fold import out_of_fold

SHARE = 0.05
FORGETTING = (1.0, 0.95, 0.8)
METHODS = ("self_confidence", "normalized_margin")
DRAWN = ("uniform", "frequency")


def main() -> None:
    """Parse the command line, measure, write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data")
    parser.add_argument("output", type=Path)
    parser.add_argument("--seed", type=int, default=0, help="of the swaps that are reported")
    parser.add_argument("--choice-seed", type=int, default=1, help="of those that ways compete on")
    parser.add_argument("--cache", type=Path, help="folder of vectors")
    given = parser.parse_args()
    corpus = read_corpus(given.data)
    targets = encode_targets(corpus.train, list(label_counts(corpus.train)), where="train")
    kinds = views(list(corpus.train["text"]), given.cache)
    report = {
        "data": Path(given.data).name,
        "documents": len(targets),
        "labels": targets.shape[1],
        "share": SHARE,
        "seed": given.seed,
        "choice_seed": given.choice_seed,
        "clmil": version("clmil"),
        "cleanlab": version("cleanlab"),
        "found": [judged(kinds, targets, drawn, given.seed) for drawn in DRAWN],
        "tried": list(tried(kinds, targets, given.choice_seed)),
    }
    write_json(given.output, report)
    print(f"wrote {given.output}")


def views(texts: list[str], cache: Path | None) -> dict[str, View]:
    """Return what each kind of scores reads."""
    stored = cache and cache / "vectors.npy"
    if stored is not None and stored.exists():
        vectors = np.load(stored)
    else:
        vectors = embed_texts(texts, "minilm", advance=Progress(len(texts)))
        if stored is not None:
            cache.mkdir(parents=True, exist_ok=True)
            np.save(stored, vectors)
    return {"linear": linear_view(texts), "embeddings": embedded_view(vectors, vectors[:0])}


class Progress:
    """Prints how many texts are done."""

    def __init__(self, total: int) -> None:
        self.total, self.done = total, 0

    def __call__(self, more: int) -> None:
        """Count more."""
        self.done += more
        print(f"{self.done} of {self.total} texts", flush=True)


def swapped(targets: np.ndarray, drawn: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (n, l) targets with swapped labels, and the (k,) documents that they stand in."""
    rng = np.random.default_rng(seed)
    usable = np.flatnonzero((targets == 1).any(axis=1) & (targets == 0).any(axis=1))
    documents = rng.choice(usable, size=round(SHARE * len(targets)), replace=False)
    weights = (targets == 1).sum(axis=0) if drawn == "frequency" else np.ones(targets.shape[1])
    changed = targets.copy()
    for document in documents:
        free = np.where(targets[document] == 0, weights, 0.0)
        gone = rng.choice(np.flatnonzero(targets[document] == 1))
        changed[document, rng.choice(len(free), p=free / free.sum())] = 1
        changed[document, gone] = 0
    return changed, documents


def share_found(quality: np.ndarray, documents: np.ndarray) -> float:
    """Return the share of the documents that stand among the ranked first."""
    first = np.argsort(quality, kind="stable")[: round(SHARE * len(quality))]
    return float(np.isin(documents, first).mean())


def tried(kinds: dict[str, View], targets: np.ndarray, seed: int) -> Iterator[dict[str, Any]]:
    """Yield what each way of ranking finds, on the seed that ways are chosen on."""
    changed, documents = swapped(targets, "uniform", seed)
    fold = np.random.default_rng(seed).permutation(len(targets)) % Scoring().folds
    scores = {}
    for kind, view in kinds.items():
        raw = out_of_fold(view.make, view.labelled, changed, fold)
        scores[kind, False] = raw
        scores[kind, True] = fit_calibration("temperature", raw, changed, seed=seed)[1]
        print(f"{kind}: scored", flush=True)
    scores["both", True] = both(scores["linear", True], scores["embeddings", True])
    ways = product(scores.items(), METHODS, (False, True), FORGETTING)
    for ((kind, calibrated), values), method, adjusted, forgetting in ways:
        ranking = Ranking(method=method, adjusted=adjusted, forgetting=forgetting)
        found = share_found(document_quality(changed, values, ranking), documents)
        yield {
            "scores": kind,
            "calibrated": calibrated,
            "method": method,
            "adjusted": adjusted,
            "forgetting": forgetting,
            "found": found,
        }


def judged(kinds: dict[str, View], targets: np.ndarray, drawn: str, seed: int) -> dict[str, Any]:
    """Return what the review's own ranking finds with each kind of scores, and the seconds."""
    changed, documents = swapped(targets, drawn, seed)
    scores, seconds = {}, {}
    for kind, view in kinds.items():
        began = time.process_time()
        scores[kind] = score_views([view], changed, Scoring(seed=seed)).labelled
        seconds[kind] = time.process_time() - began
        print(f"{kind}: scored", flush=True)
    scores["both"] = both(scores["linear"], scores["embeddings"])
    return {
        "drawn": drawn,
        "swapped": len(documents),
        "found": {
            kind: share_found(document_quality(changed, values), documents)
            for kind, values in scores.items()
        },
        "cpu_seconds_without_embedding": seconds,
    }


def both(linear: np.ndarray, embeddings: np.ndarray) -> np.ndarray:
    """Return the probabilities of the mean logits, as `score_views` of two views does."""
    return sigmoid((logit(linear) + logit(embeddings)) / 2)


if __name__ == "__main__":
    main()
