"""Measure what an exported model keeps of the scores, and how fast it is.

    python -m benchmarks.export trials runs/reuters DATA      int8 variants, on validation texts
    python -m benchmarks.export scores runs/reuters DATA      fp32 and int8, on test texts
    python -m benchmarks.export speed runs/aapd-8k DATA       documents a second, beside torch

Each adds its figures to results/export.json. The variant of int8 that clmil ships was chosen by the
trials; test texts are read by `scores` and, for their lengths, by `speed` alone.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from torch import Tensor, nn

from benchmarks.decisions import validation_part
from clmil.data.corpus import read_corpus
from clmil.data.targets import encode_targets
from clmil.decisions.metrics import score
from clmil.nn.model import ClMilModel
from clmil.nn.padded import PaddedNetwork
from clmil.nn.portable import OPSET, PortableLinear, round_linears
from clmil.nn.ranges import stored_ranges
from clmil.runtime.exporting import export_model
from clmil.runtime.predictor import Predictor
from clmil.runtime.tracing import trace
from clmil.storage.atomic import read_json, write_json
from clmil.systems.onnx import OnnxModel

Make = Callable[[str, nn.Linear], nn.Module]
OUTPUT = Path("results/export.json")
BATCH = 16


def main() -> None:
    """Parse the command line, measure, add to the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("trials", "scores", "speed"))
    parser.add_argument("model", type=Path)
    parser.add_argument("data")
    parser.add_argument("--documents", type=int, help="500 for trials, 1,000 for scores, 256")
    given = parser.parse_args()
    measure = {"trials": trials, "scores": scores, "speed": speed}[given.what]
    documents = given.documents or {"trials": 500, "scores": 1000, "speed": 256}[given.what]
    found = measure(given.model, given.data, documents)
    report = read_json(OUTPUT) if OUTPUT.exists() else {}
    report.setdefault(given.what, {})[given.model.name] = found
    write_json(OUTPUT, report)
    print(f"added {given.what} of {given.model.name} to {OUTPUT}")


class SpanLinear(PortableLinear):
    """One scale for all inputs, found on validation texts while training."""

    def __init__(self, linear: nn.Linear, span: tuple[float, float]) -> None:
        super().__init__(linear)
        scale = (max(span[1], 0.0) - min(span[0], 0.0)) / 255
        self.register_buffer("scale", torch.tensor(scale))
        zero = round(-min(span[0], 0.0) / scale)
        self.register_buffer("zero", torch.tensor(zero, dtype=torch.uint8))

    def forward(self, states: Tensor) -> Tensor:
        """Map (..., inputs) to (..., outputs)."""
        return self.product(states, self.scale, self.zero) + self.bias


class BatchLinear(PortableLinear):
    """One scale for all inputs of a batch, found anew in each: ONNX Runtime's dynamic way."""

    def forward(self, states: Tensor) -> Tensor:
        """Map (..., inputs) to (..., outputs)."""
        steps, scale, zero = torch.onnx.ops.symbolic_multi_out(
            "DynamicQuantizeLinear",
            [states],
            {},
            dtypes=[torch.uint8, torch.float32, torch.uint8],
            shapes=[states.shape, (), ()],
            version=OPSET,
        )
        shape = (*states.shape[:-1], len(self.scales))
        product = torch.onnx.ops.symbolic(
            "MatMulInteger",
            [steps, self.weight, zero],
            {},
            dtype=torch.int32,
            shape=shape,
            version=OPSET,
        )
        return product.float() * (self.scales * scale) + self.bias


def variants(network: ClMilModel) -> dict[str, Make | None]:
    """Return what is tried, by name."""
    ranges = stored_ranges(network) or {}

    def wide(name: str) -> bool:  # the two layers between which a transformer is widest
        return "attention" not in name and name.endswith(("intermediate.dense", "output.dense"))

    def span(name: str, linear: nn.Linear) -> nn.Module:
        inner = name.replace("cil.cil.", "cil.", 1)  # of a padded network
        return SpanLinear(linear, ranges[inner])

    return {
        "fp32": None,
        "one scale a layer": span,
        "one scale a layer, feed-forward in fp32": lambda name, linear: (
            linear if wide(name) else span(name, linear)
        ),
        "one scale a layer, feed-forward one a row": lambda name, linear: (
            PortableLinear(linear) if wide(name) else span(name, linear)
        ),
        "one scale a layer and batch": lambda _, linear: BatchLinear(linear),
        "one scale a row": lambda _, linear: PortableLinear(linear),
    }


def trials(model: Path, data: str, documents: int) -> dict[str, Any]:
    """Return scores of every variant of int8 on validation texts."""
    recipe = Predictor.load(model).recipe
    part = sample(validation_part(read_corpus(data), recipe), documents)
    found: dict[str, Any] = {"part": "validation", "documents": len(part)}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "exported"
        export_model(model, folder)
        base = None
        for name in variants(ClMilModel.from_pretrained(model)):
            network = ClMilModel.from_pretrained(model).eval()
            make = variants(network)[name]
            if make is not None:
                padded = PaddedNetwork(network)
                round_linears(network, make)
                trace(padded, folder / "model.onnx")
            logits = OnnxModel.load(folder).logits(list(part["text"]), BATCH)
            base = logits if base is None else base
            found[name] = judged(model, part, logits, base)
            print(name, found[name], flush=True)
    return found


def scores(model: Path, data: str, documents: int) -> dict[str, Any]:
    """Return scores on test texts in fp32 and int8, and how far fp32 is from torch."""
    part = sample(read_corpus(data).test, documents)
    texts = list(part["text"])
    found: dict[str, Any] = {"part": "test", "documents": len(part)}
    with tempfile.TemporaryDirectory() as scratch:
        base = None
        for precision in ("fp32", "int8"):
            folder = Path(scratch) / precision
            export_model(model, folder, int8=precision == "int8")
            logits = OnnxModel.load(folder).logits(texts, BATCH)
            base = logits if base is None else base
            found[precision] = judged(model, part, logits, base)
            found[precision]["megabytes"] = (folder / "model.onnx").stat().st_size / 1e6
    few = texts[:64]
    torch_logits = np.float64(Predictor.load(model).raw_proba(few))
    torch_logits = np.log(torch_logits) - np.log1p(-torch_logits)
    middle = np.abs(torch_logits) < 5  # where a probability still tells the logit
    found["fp32"]["from_torch"] = float(np.abs(base[:64] - torch_logits)[middle].max())
    return found


def speed(model: Path, data: str, documents: int) -> dict[str, Any]:
    """Return documents a second of the exported model and of torch, one after another."""
    texts = list(sample(read_corpus(data).test, documents)["text"])
    found: dict[str, Any] = {"documents": len(texts), "threads": torch.get_num_threads()}
    with tempfile.TemporaryDirectory() as scratch:
        for precision in ("fp32", "int8"):
            folder = Path(scratch) / precision
            export_model(model, folder, int8=precision == "int8")
            found[f"onnx {precision}"] = rate(OnnxModel.load(folder).proba, texts)
    for precision in ("fp32", "bf16", "int8"):
        found[f"torch {precision}"] = rate(
            Predictor.load(model, precision=precision).raw_proba, texts
        )
    return found


def rate(proba: Callable[[list[str], int], np.ndarray], texts: list[str]) -> float:
    """Return documents a second, after a first batch that does not count."""
    proba(texts[:BATCH], BATCH)
    began = time.perf_counter()
    proba(texts, BATCH)
    return len(texts) / (time.perf_counter() - began)


def sample(part: Dataset, documents: int) -> Dataset:
    """Return a seeded slice."""
    return part.shuffle(seed=1).select(range(min(documents, len(part))))


def judged(model: Path, part: Dataset, logits: np.ndarray, base: np.ndarray) -> dict[str, float]:
    """Return scores by the model's own rule, in points, and distances from fp32."""
    predictor = Predictor.load(model)
    targets = encode_targets(part, predictor.space.names, where="sample")
    proba, exact = (1 / (1 + np.exp(-values)) for values in (logits, base))
    found = score(targets, predictor.rule.decide(predictor.rule.calibrate(proba)))
    return {
        "micro_f1": 100 * found.micro_f1,
        "macro_f1": 100 * found.macro_f1,
        "mean_difference": float(np.abs(proba - exact).mean()),
        "largest_difference": float(np.abs(proba - exact).max()),
    }


if __name__ == "__main__":
    main()
