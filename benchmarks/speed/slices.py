"""Seeded slices of the corpora, and the encoder as a plain folder, for every competitor alike."""

import gzip
import json
import random
import shutil
from pathlib import Path
from typing import Any

WORK = Path(".bench")
"""Where environments, data and models of the benchmark lie; git ignores it."""

CORPORA = {"reuters": 1280, "aapd-8k": 320}
"""Training documents of each slice."""

HELD_OUT = {"reuters": 400, "aapd-8k": 160}
"""Documents of the validation slice, and of the test slice."""


def slice_corpus(name: str, source: Path) -> Path:
    """Write train.jsonl, validation.jsonl and test.jsonl of a corpus; return their folder.

    Validation is drawn from the training part, apart from the training slice.
    """
    folder = WORK / "data" / name
    if (folder / "test.jsonl").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(1)
    train, test = (_rows(source / f"{part}.jsonl.gz") for part in ("train", "test"))
    rng.shuffle(train)
    rng.shuffle(test)
    size, held = CORPORA[name], HELD_OUT[name]
    parts = {"train": train[:size], "validation": train[size : size + held], "test": test[:held]}
    known = {label for row in parts["train"] for label in row["labels"]}
    for part, rows in parts.items():
        lines = [
            json.dumps({"text": r["text"], "labels": [k for k in r["labels"] if k in known]})
            for r in rows
        ]
        (folder / f"{part}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def encoder_folder() -> Path:
    """Return a plain folder with the embedded encoder, as transformers reads it."""
    folder = WORK / "encoder"
    if not (folder / "config.json").exists():
        from clmil.storage.encoders import locate_encoder

        shutil.copytree(locate_encoder("minilm"), folder, dirs_exist_ok=True)
    return folder


def _rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]
