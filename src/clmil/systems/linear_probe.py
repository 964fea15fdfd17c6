"""The stage that fits the classifiers to the encoder as it is, before both are fine-tuned.

Kumar et al. (2022), *Fine-Tuning can Distort Pretrained Features and Underperform
Out-of-Distribution*: classifiers that begin at chance bend the encoder to their errors. Here they
begin at a linear probe, which knows rare labels before the first step.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset

from clmil.data.batching import padded_batches
from clmil.decisions.metrics import score
from clmil.nn.heads import ClassifierHead
from clmil.nn.linear_probe import LinearProbe, fit_probes
from clmil.nn.network import Network
from clmil.nn.precision import resolve_precision
from clmil.systems.material import Material, Tokens
from clmil.systems.settings import GradientSettings, LinearProbeSettings
from clmil.systems.stages import PlainStage

CHUNK = 512
"""Texts between two signs of progress."""

PROBE = "probe.npz"


class ProbeStage:
    """Fits a linear probe, and lets the network's classifiers begin with it.

    Args:
        network: whose classifiers read the pooled text.
        material: what it learns from.
        tokens: the same as ids.
        wanted: among which penalties is chosen.
        training: batch size and precision of the encoder.
    """

    def __init__(
        self,
        network: Network,
        material: Material,
        tokens: Tokens,
        wanted: LinearProbeSettings,
        training: GradientSettings,
    ) -> None:
        self.network, self.material, self.tokens = network, material, tokens
        self.wanted, self.training = wanted, training

    def stage(self) -> PlainStage | None:
        """Return the stage; None if no classifier reads the text."""
        if not text_heads(self.network):
            return None
        rows = np.flatnonzero(self.material.annotated)
        train, validation = self.tokens.train.select(rows), self.tokens.validation
        chunks = sum(-(-len(part) // CHUNK) for part in (train, validation))
        return PlainStage(
            name="linear-probe",
            run=lambda folder, advance: self._fit(train, rows, folder, advance),
            load=self._take,
            documents=len(train) + len(validation),
            steps=chunks + 1,
        )

    def _fit(
        self, train: Dataset, rows: np.ndarray, folder: Path, advance: Callable[[], None]
    ) -> dict[str, Any]:
        """Look at the texts, fit a probe for each penalty, keep the best one of validation."""
        seen, judged = (self._look(part, advance) for part in (train, self.tokens.validation))
        material, best = self.material, -1.0
        facts: dict[str, Any] = {}
        for penalty, probe in fit_probes(seen, material.train_targets[rows], self.wanted.penalties):
            decided = (probe.logits(torch.as_tensor(judged)) >= 0).numpy()
            reached = score(decided, material.validation_targets).micro_f1
            if reached > best:
                best, facts = reached, {"penalty": penalty, "validation_micro_f1": reached}
                np.savez(folder / PROBE, weight=probe.weight.numpy(), bias=probe.bias.numpy())
        return facts

    def _look(self, part: Dataset, advance: Callable[[], None]) -> np.ndarray:
        """Return what the classifiers see of n texts, (n, h) float32."""
        network, device = self.network.eval(), self.network.device
        head = text_heads(network)[0]
        found = np.empty((len(part), network.encoder.config.hidden_size), dtype=np.float32)
        precision = resolve_precision(self.training.precision)
        autocast = torch.autocast(device.type, torch.bfloat16, enabled=precision != "fp32")
        with torch.inference_mode(), autocast:
            for start in range(0, len(part), CHUNK):
                ids = part[start : start + CHUNK]["text_ids"]
                for rows, batch in padded_batches(ids, self.training.batch_size, device):
                    seen = head.text(network.represented(**batch).pooled)
                    found[start + np.asarray(rows)] = seen.float().cpu().numpy()
                advance()
        return found

    def _take(self, folder: Path) -> None:
        with np.load(folder / PROBE) as kept:
            probe = LinearProbe(torch.as_tensor(kept["weight"]), torch.as_tensor(kept["bias"]))
        balance = self.network.balance
        shift = 0.0 if balance is None else balance.shift().cpu()  # which the loss adds
        for head in text_heads(self.network):
            head.begin(probe.weight, probe.bias - shift)


def text_heads(network: Network) -> list[ClassifierHead]:
    """Return the classifiers that read the pooled text."""
    heads = [part for part in network.modules() if isinstance(part, ClassifierHead)]
    return [head for head in heads if head.reads_text]
