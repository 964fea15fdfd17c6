"""Predicting with a saved model."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from clmil.data.tokens import tokenise_texts
from clmil.decisions.rule import DecisionRule
from clmil.labels.space import LabelSpace
from clmil.nn.network import Network
from clmil.nn.precision import resolve_precision
from clmil.nn.predict import predict_tokens
from clmil.nn.prepared import prepare
from clmil.nn.ranges import stored_ranges
from clmil.storage.folder import SavedModel, load_model
from clmil.storage.hub import find_model
from clmil.systems.budget import text_budget

CHUNK = 4096
"""Texts that are tokenised and sorted by length at once, which bounds memory."""


@dataclass(frozen=True, kw_only=True)
class Predictor:
    """A loaded model that turns texts into probabilities.

    Attributes:
        model: the network with its tokenizer, labels, decision rule, recipe and metrics.
        folder: where it was loaded from.
        precision: `fp32`, in which a prediction does not depend on what else is in the batch
            (within 1e-5); `bf16`, faster where the hardware has it (within 5e-3); or `int8`,
            faster again and less exact.
        network: the model's network, laid out for that precision; None: the model's own.
    """

    model: SavedModel
    folder: Path | None = None
    precision: str = "fp32"
    network: Network | None = None

    @classmethod
    def load(cls, folder: str | Path, *, precision: str = "fp32") -> "Predictor":
        """Load a model onto the GPU, if there is one.

        Args:
            folder: that `clmil train` wrote; or a model on the hub, as `find_model` takes it.
            precision: as the attribute, or `auto`: bf16 where the hardware has it.

        Raises:
            ModelError: if it cannot be found, is no model, damaged or from a newer version.
            RecipeError: on an unknown precision, or one that the hardware lacks.
        """
        precision = resolve_precision(precision, setting="the precision")
        found = find_model(folder)
        model = load_model(found)
        network = model.network.to("cuda" if torch.cuda.is_available() else "cpu")
        ready = prepare(network, precision, stored_ranges(network))
        return cls(model=model, folder=found, precision=precision, network=ready)

    @property
    def space(self) -> LabelSpace:
        """The labels, in the order of the columns."""
        return self.model.space

    @property
    def rule(self) -> DecisionRule:
        """The rule that turns the network's probabilities into labels."""
        return self.model.rule

    def with_rule(self, rule: DecisionRule) -> "Predictor":
        """Return a predictor with another rule; the network is shared, not copied."""
        return replace(self, model=replace(self.model, rule=rule))

    def predict_proba(self, texts: Sequence[str], batch_size: int = 32) -> np.ndarray:
        """Return (n, l) float32 calibrated probabilities, columns as in `space.names`."""
        return self.rule.calibrate(self.raw_proba(texts, batch_size=batch_size))

    def raw_proba(self, texts: Sequence[str], batch_size: int = 32) -> np.ndarray:
        """Return the network's own (n, l) float32 probabilities, before calibration."""
        network = self.network or self.model.network
        budget = text_budget(network.settings, len(self.space), network.window)
        parts = [np.empty((0, len(self.space)), dtype=np.float32)]
        for start in range(0, len(texts), CHUNK):
            ids = tokenise_texts(texts[start : start + CHUNK], self.model.tokenizer, budget)
            parts.append(
                predict_tokens(network, ids, batch_size=batch_size, precision=self.precision)
            )
        return np.concatenate(parts)
