"""Networks and batches of real documents, as a training run would see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from clmil.data.batching import LengthBatches, pad_texts
from clmil.data.corpus import read_corpus
from clmil.data.targets import encode_targets, label_counts
from clmil.data.tokens import tokenise_texts
from clmil.labels.relations import LabelRelations
from clmil.labels.space import LabelSpace
from clmil.nn.model import ClMilModel
from clmil.storage.encoders import load_encoder
from clmil.systems.budget import text_budget
from clmil.systems.encoder_network import build_network
from clmil.systems.recipe import load_recipe
from clmil.training.trainer import parameter_groups

DOCUMENTS = 1600
"""Training documents that batches are drawn from."""


@dataclass
class Work:
    """A network with its optimiser, and batches."""

    network: ClMilModel
    optimiser: torch.optim.Optimizer
    batches: list[dict[str, Tensor]]

    def step(self, batch: dict[str, Tensor], *, bf16: bool = True) -> None:
        """Run one training step."""
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            loss: Any = self.network(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.optimiser.zero_grad()


def make_work(folder: Path, system: str, batches: int, overrides: Sequence[str] = ()) -> Work:
    """Build a fresh network over a corpus, and the first batches of a run."""
    torch.manual_seed(1)
    recipe = load_recipe("default", system=system, overrides=overrides)
    documents = read_corpus(str(folder)).train.select(range(DOCUMENTS))
    counts = label_counts(documents)
    space = LabelSpace.from_counts(counts, documents=len(documents))
    targets = encode_targets(documents, space.names, where="train")
    encoder = load_encoder("minilm")
    network = build_network(recipe, encoder, space, LabelRelations.fit(targets)).train()
    budget = text_budget(recipe.network(), len(space), network.positions)
    ids = tokenise_texts(list(documents["text"]), encoder.tokenizer, budget)
    lengths = np.array([len(row) for row in ids])
    chosen = list(LengthBatches(lengths, 32, seed=1))[:batches]
    made = []
    for rows in chosen:
        batch = pad_texts([ids[row] for row in rows])
        made.append(batch | {"targets": torch.from_numpy(targets[rows])})
    wanted = recipe.training
    groups = parameter_groups(
        network, wanted.rates.model_dump(), wanted.learning_rate, wanted.weight_decay
    )
    optimiser = torch.optim.AdamW(groups, eps=wanted.epsilon, fused=True)
    return Work(network=network, optimiser=optimiser, batches=made)
