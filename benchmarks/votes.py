"""What votes of near training texts give a trained model, without training it again.

    python -m benchmarks.votes MODEL DATA [--cache FOLDER]

MODEL is a network over an encoder, trained on DATA without votes. Number and weight of the
neighbours are chosen on validation documents, as `neighbours.enabled=true` chooses them. Written to
results/votes-DATA.json; --cache keeps what the network saw, which takes long.
"""

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset

from benchmarks.decisions import fingerprint
from benchmarks.gains import gains
from benchmarks.trials import RESULTS
from clmil.data.corpus import read_corpus
from clmil.data.split import carve_validation
from clmil.data.targets import encode_targets, is_annotated
from clmil.decisions.neighbours import NeighbourStore
from clmil.runtime.predictor import Predictor
from clmil.storage.atomic import write_json
from clmil.systems.neighbour_scorer import NeighbourScorer, Seen, look_at, voted
from clmil.systems.neighbour_stage import chosen
from clmil.systems.scoring import NetworkScorer
from clmil.systems.vote_settings import VoteSettings


def votes(seen: dict[str, Seen], targets: dict[str, np.ndarray], system: str) -> dict[str, Any]:
    """Return the choice, and the test scores of the network alone and with votes.

    Args:
        seen: what the network makes of the parts train, validation and test.
        targets: (n, l) int8 of the same.
        system: its name.
    """
    wanted = VoteSettings()
    store = NeighbourStore.of(seen["train"].texts, targets["train"], normalise=wanted.normalise)
    choice = chosen(seen["validation"], store, targets["validation"], wanted)
    alone = {
        "validation": seen["validation"].probabilities,
        "probabilities": seen["test"].probabilities,
        "validation_targets": targets["validation"],
        "targets": targets["test"],
    }
    mixed = {
        "validation": voted(seen["validation"], store, choice),
        "probabilities": voted(seen["test"], store, choice),
    }
    best = f"{system}, with votes"
    return {"choice": asdict(choice), **gains({system: alone, best: alone | mixed}, best)}


def look(scorer: NetworkScorer, parts: dict[str, Dataset], cache: Path | None) -> dict[str, Seen]:
    """Return what the network makes of each part, kept where a folder is given."""
    found = {}
    for name, part in parts.items():
        stored = cache and cache / f"{name}.npz"
        if stored is not None and stored.exists():
            with np.load(stored, allow_pickle=False) as arrays:
                found[name] = Seen(**arrays)
            continue
        found[name] = look_at(scorer.network.eval(), scorer.reader.ids(list(part["text"])))
        if stored is not None:
            stored.parent.mkdir(parents=True, exist_ok=True)
            np.savez(stored, **found[name]._asdict())
    return found


def annotated(data: Path, recipe: Mapping[str, Any]) -> dict[str, Dataset]:
    """Return the parts that the model was trained, chosen and is judged on."""
    corpus = read_corpus(data)
    train, validation = corpus.train, corpus.validation
    if validation is None:
        share = recipe["training"]["validation_share"]
        train, validation, _ = carve_validation(train, share=share, seed=recipe["seed"])
    rows = np.flatnonzero(is_annotated(train))
    return {"train": train.select(rows), "validation": validation, "test": corpus.test}


def main() -> None:
    """Read the command line, look, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path, help="folder of what the network saw")
    given = parser.parse_args()
    predictor = Predictor.load(given.model)
    scorer, recipe = predictor.scorer, predictor.recipe
    if isinstance(scorer, NeighbourScorer) or not isinstance(scorer, NetworkScorer):
        parser.error("MODEL has votes already, or is no network over an encoder")
    parts = annotated(given.data, recipe)
    targets = {
        name: encode_targets(part, predictor.space.names, where=name)
        for name, part in parts.items()
    }
    told = given.cache and given.cache / f"{given.model.name}-{fingerprint(given.model)}"
    report = {
        "system": recipe["system"],
        "seed": recipe["seed"],
        **votes(look(scorer, parts, told), targets, recipe["system"]),
    }
    write_json(RESULTS / f"votes-{given.data.name}.json", report)


if __name__ == "__main__":
    main()
