"""What label tokens cost: such as see the text, such as do not, and none at all.

Untrained networks on the same words; they are as fast as trained ones.
"""

import copy
import json
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.speed.material import Work, make_work
from benchmarks.speed.short import TEXT
from clmil.data.batching import pad_texts
from clmil.data.tokens import tokenise_texts
from clmil.experiments.machine import machine
from clmil.nn.prepared import prepare
from clmil.runtime.tracing import write_graph
from clmil.storage.encoders import load_encoder
from clmil.systems.onnx import open_session
from clmil.systems.recipe import load_recipe

ROUNDS, BATCHES, CALLS = 5, 3, 20
VARIANTS = {
    "labels that see the text": ("mil", []),
    "labels that do not": ("mil", ["labels.see_text=false"]),
    "no labels (bert)": ("bert", []),
}


def measure_labels(name: str, folder: Path, output: Path) -> None:
    """Alternate the variants, and write median times of one corpus beside those of the others."""
    on = machine(load_recipe("default"))
    works = {
        title: make_work(folder, made[0], BATCHES, made[1]) for title, made in VARIANTS.items()
    }
    batches = next(iter(works.values())).batches
    graphs = {title: _exported(work) for title, work in works.items()}
    taken: dict[str, list[dict[str, float]]] = {title: [] for title in VARIANTS}
    for turn in range(ROUNDS + 1):
        for title, work in works.items():
            found = _measured(work, graphs[title], batches, str(on["precision"]))
            if turn:
                taken[title].append(found)
    medians = {
        title: {key: float(np.median([row[key] for row in rows])) for key in rows[0]}
        for title, rows in taken.items()
    }
    labels = next(iter(works.values())).network.label_count
    kept = json.loads(output.read_text()) if output.exists() else {"corpora": {}}
    kept["corpora"][name] = {"labels": labels, "machine": on, "variants": medians}
    output.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def _measured(
    work: Work, graph: Any, batches: list[dict[str, torch.Tensor]], precision: str
) -> dict[str, float]:
    """Return documents a second in training and predicting, and a short text's milliseconds."""
    bf16 = precision == "bf16"
    documents = sum(len(batch["text_ids"]) for batch in batches)
    training = sum(_seconds(partial(work.step, batch, bf16=bf16)) for batch in batches)
    ready = prepare(work.network.eval(), precision)
    ids = tokenise_texts([TEXT], load_encoder("minilm").tokenizer, 64)
    short = {name: pad_texts(ids)[name] for name in ("text_ids", "lengths")}
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        texts = [{name: batch[name] for name in short} for batch in batches]
        predicting = sum(_seconds(partial(ready, **batch)) for batch in texts)
        waiting = [_seconds(partial(ready, **short)) for _ in range(CALLS)]
    fed = {name: values.numpy() for name, values in short.items()}
    in_graph = [_seconds(partial(graph.run, None, fed)) for _ in range(CALLS)]
    work.network.train()
    return {
        "train_documents_per_second": documents / training,
        "predict_documents_per_second": documents / predicting,
        "short_text_ms": 1000 * float(np.median(waiting)),
        "exported_short_text_ms": 1000 * float(np.median(in_graph)),
    }


def _exported(work: Work) -> Any:
    """Return a session of ONNX Runtime with the network's graph, in fp32."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "model.onnx"
        write_graph(copy.deepcopy(work.network), path)
        return open_session(path)


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
