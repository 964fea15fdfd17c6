"""How near a training step comes to the machine's own matrix-product rate, part by part."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.speed.material import Work, make_work

SIZES = ((8192, 384, 1536), (8192, 1536, 384), (8192, 384, 384), (8192, 576, 384))
"""Rows, inputs and outputs of products that the model uses."""

SYSTEMS, BATCHES = ("bert", "bert-joint", "fil", "mil"), 6


def matmul_rate(dtype: torch.dtype) -> float:
    """Return the best rate over `SIZES`, in operations a second (a multiply-add counts two)."""
    best = 0.0
    for rows, inputs, outputs in SIZES:
        states, weight = torch.randn(rows, inputs).to(dtype), torch.randn(outputs, inputs).to(dtype)
        seconds = median(lambda a=states, b=weight: torch.nn.functional.linear(a, b), 9)
        best = max(best, 2 * rows * inputs * outputs / seconds)
    return best


def operations(work: Work, batch: dict[str, Any]) -> dict[str, float]:
    """Return the operations of one training step over real tokens, by part.

    A linear layer takes 2 T n m for T tokens, attention 4 n^2 h for a document of n tokens
    (scores and mixture); the backward pass twice the forward one.
    """
    network, settings = work.network, work.network.settings
    config, labels = network.encoder.config, network.label_count
    words = batch["lengths"].numpy().astype(float)
    joint = labels + 3 if settings.labels.joint else 2
    tokens, wide, inner = words + joint, config.hidden_size, config.intermediate_size
    linear = 2 * tokens.sum() * (4 * wide * wide + 2 * wide * inner)
    attention = 4 * (tokens**2).sum() * wide
    found = {"encoder": config.num_hidden_layers * (linear + attention)}
    total = words.sum()
    if settings.fil.enabled:
        found["FIL"] = 2 * total * labels * (wide + settings.fil.kernel * labels)
    if settings.cil.enabled:
        narrow, kernel = settings.cil.width or wide, settings.cil.kernel
        layers = len(settings.cil.dilations) * 2 * kernel * narrow * narrow
        inward = wide * narrow if narrow != wide else 0
        others = inward + 4 * narrow * narrow + 2 * kernel * narrow * narrow
        found["CIL"] = 2 * total * (layers + others) + 4 * (words**2).sum() * narrow
    return {part: 3 * value for part, value in found.items()}


def measure_limit(folder: Path, output: Path) -> None:
    """Write rates, operations and times of steps with more and more parts, and their shares."""
    rates = {"bf16": matmul_rate(torch.bfloat16), "fp32": matmul_rate(torch.float32)}
    systems = {name: make_work(folder, name, BATCHES) for name in SYSTEMS}
    times: dict[str, list[float]] = {name: [] for name in systems}
    for turn in range(BATCHES + 1):
        for name, work in systems.items():
            batch = work.batches[max(turn - 1, 0)]
            began = time.perf_counter()
            work.step(batch)
            if turn:
                times[name].append(time.perf_counter() - began)
    found: dict[str, Any] = {"rates": rates, "systems": {}}
    for name, work in systems.items():
        parts = [operations(work, batch) for batch in work.batches]
        needed = {part: sum(each[part] for each in parts) for part in parts[0]}
        seconds = sum(times[name])
        found["systems"][name] = {
            "seconds_per_step": float(np.median(times[name])),
            "operations_per_step": {part: value / BATCHES for part, value in needed.items()},
            "share_of_bf16_rate": sum(needed.values()) / seconds / rates["bf16"],
        }
    mil = systems["mil"]
    found["parts_of_a_step"] = _parts(found["systems"], mil)
    output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _parts(systems: dict[str, Any], work: Work) -> dict[str, float]:
    """Return seconds by part: differences between systems, and what can be timed alone."""
    with torch.autocast("cpu", torch.bfloat16):
        work.network(**work.batches[0]).loss.backward()
    optimiser = median(work.optimiser.step, 5)
    seconds = {name: values["seconds_per_step"] for name, values in systems.items()}
    return {
        "encoder": seconds["bert-joint"] - optimiser,
        "FIL": seconds["fil"] - seconds["bert-joint"],
        "CIL and CLRL": seconds["mil"] - seconds["fil"],
        "optimiser": optimiser,
    }


def median(call: Callable[[], Any], times: int) -> float:
    """Return the median time of a call, in seconds, after two to warm up."""
    taken = []
    for turn in range(times + 2):
        began = time.perf_counter()
        call()
        if turn > 1:
            taken.append(time.perf_counter() - began)
    return float(np.median(taken))
