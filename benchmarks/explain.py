"""Measure by deletion whether explanations name the words that a prediction stands on.

    python benchmarks/explain.py runs/reuters DATA results/explain-reuters.json --documents 100

For documents of the test part, the three best words for the most probable predicted label are
removed, or masked, and the fall of its probability is noted, for each way of scoring words. DATA
is a folder with a test part. The report is written after every document.
"""

import argparse
import hashlib
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from clmil.data.corpus import read_corpus
from clmil.nn.fil_words import FineGrainedWords, fine_grained_words
from clmil.nn.integrated import path_gradients
from clmil.nn.predict import predict_tokens
from clmil.nn.probe import Probe
from clmil.runtime.network_words import HalfWayWords, IntegratedWords, OccludedWords
from clmil.runtime.predictor import Predictor
from clmil.runtime.read_words import ReadText
from clmil.storage.atomic import write_json

BEST = 3
"""Words that are removed."""
OWN, REFERENCE = "own", "integrated-gradients"
RESAMPLES = 2000
Score = Callable[[ReadText, int], np.ndarray]
"""(w,) scores of a text's words for a label."""


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("data")
    parser.add_argument("output", type=Path)
    parser.add_argument("--documents", type=int, default=100)
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    predictor = Predictor.load(given.model, precision=given.precision)
    texts = read_corpus(given.data).test["text"]
    order = np.random.default_rng(given.seed).permutation(len(texts))
    weights = (given.model / "model.safetensors").read_bytes()
    facts = {
        "model": given.model.name,
        "data": Path(given.data).name,
        "part": "test",
        "weights": hashlib.sha256(weights).hexdigest()[:16],
        "precision": given.precision,
        "seed": given.seed,
        "words_removed": BEST,
        "threads": torch.get_num_threads(),
        "clmil": version("clmil"),
        "captum": version("captum"),
    }
    rows: list[dict[str, Any]] = []
    for row in measured(predictor, (texts[int(place)] for place in order)):
        rows.append(row)
        write_json(given.output, facts | report(rows))
        print(f"{len(rows)} of {given.documents}", flush=True)
        if len(rows) == given.documents:
            break


def measured(predictor: Predictor, texts: Iterator[str]) -> Iterator[dict[str, Any]]:
    """Yield for each text with a predicted label: seconds and falls of each way."""
    ways, reader = ways_to_score(predictor), OccludedWords(predictor)
    mask = predictor.reader.tokenizer.backend_tokenizer.token_to_id("[MASK]")
    for text in texts:
        probabilities = predictor.predict_proba([text])
        column = int(probabilities[0].argmax())
        read = reader.read(text)
        if not predictor.rule.decide(probabilities)[0, column] or len(read.spans) <= BEST:
            continue
        yield {name: tried(predictor, way, read, column, mask) for name, way in ways.items()}


def tried(
    predictor: Predictor, way: Score, read: ReadText, column: int, mask: int
) -> dict[str, float]:
    """Score a text's words, take away the best ones, return what it took and what it did."""
    wall, work = time.perf_counter(), time.process_time()
    scores = way(read, column)
    took = time.perf_counter() - wall, time.process_time() - work
    best = np.argsort(-np.nan_to_num(scores, nan=-np.inf), kind="stable")[:BEST]
    gone = np.isin(read.word_of, best)
    ids = np.array(read.ids)
    versions = [read.ids, ids[~gone].tolist(), np.where(gone, mask, ids).tolist()]
    whole, removed, masked = predict_tokens(predictor.network, versions)[:, column].tolist()
    fall = {"removed": whole - removed, "masked": whole - masked}
    return {**fall, "seconds": took[0], "cpu_seconds": took[1]}


def ways_to_score(predictor: Predictor) -> dict[str, Score]:
    """Return every way of scoring words, by name."""
    network, probe = predictor.network, Probe(predictor.network)
    own, occluded = HalfWayWords(predictor), OccludedWords(predictor)
    fil, reference = OccludedWords(predictor, fine=True), IntegratedWords(predictor)

    def fine(read: ReadText, pick: Callable[[FineGrainedWords], torch.Tensor]) -> np.ndarray:
        ids, lengths = torch.tensor([read.ids]), torch.tensor([len(read.ids)])
        return read.per_word(pick(fine_grained_words(network, ids, lengths)).numpy())[0]

    def sloped(read: ReadText, column: int, *, signed: bool) -> np.ndarray:
        _, slopes = probe.gradients(read.ids, [column])
        along = (slopes * probe.vectors(read.ids)).sum(dim=-1) if signed else slopes.norm(dim=-1)
        return read.per_word(along.numpy())[0]

    def pathed(read: ReadText, column: int, points: int) -> np.ndarray:
        pieces = path_gradients(probe, read.ids, [column], points=points)
        return read.per_word(pieces.numpy())[0]

    return {
        REFERENCE: lambda read, k: reference.words(read.text, [k]).scores[0],
        OWN: lambda read, k: own.words(read.text, [k], BEST).scores[0],
        "gradient-occlusion": lambda read, k: occluded.words(read.text, [k], BEST).scores[0],
        "path of 2 points": lambda read, k: pathed(read, k, 2),
        "path of 3 points": lambda read, k: pathed(read, k, 3),
        "path of 5 points": lambda read, k: pathed(read, k, 5),
        "fine-grained-occlusion": lambda read, k: fil.words(read.text, [k], BEST).scores[0],
        "FIL score": lambda read, _: fine(read, lambda found: found.scores),
        "FIL score x correlation": lambda read, k: fine(
            read, lambda found: found.scores * found.correlations[..., k]
        ),
        "FIL contribution": lambda read, k: fine(read, lambda found: found.contributions[..., k]),
        "gradient x input": lambda read, k: sloped(read, k, signed=True),
        "gradient length": lambda read, k: sloped(read, k, signed=False),
    }


def report(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return mean falls and seconds of each way, and how they compare with the reference."""
    ways = {}
    for name in rows[0]:
        means = {key: mean(rows, name, key) for key in rows[0][name]}
        ratios = {f"{key}_of_reference": means[key] / mean(rows, REFERENCE, key) for key in means}
        low, high = interval(rows, name)
        ways[name] = means | ratios | {"removed_of_reference_95": {"low": low, "high": high}}
    return {"documents": len(rows), "reference": REFERENCE, "own": OWN, "ways": ways}


def mean(rows: list[dict[str, Any]], name: str, key: str) -> float:
    """Return the mean of a figure of a way."""
    return float(np.mean([row[name][key] for row in rows]))


def interval(rows: list[dict[str, Any]], name: str) -> tuple[float, float]:
    """Return 2.5 and 97.5 percentiles of the ratio of falls over resampled documents."""
    falls = np.array([[row[way]["removed"] for way in (name, REFERENCE)] for row in rows])
    drawn = np.random.default_rng(0).integers(len(rows), size=(RESAMPLES, len(rows)))
    sums = falls[drawn].sum(axis=1)
    low, high = np.percentile(sums[:, 0] / sums[:, 1], [2.5, 97.5])
    return float(low), float(high)


if __name__ == "__main__":
    main()
