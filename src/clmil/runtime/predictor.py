"""Predicting with a saved model."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from clmil.data.tokens import tokenise_texts
from clmil.errors import RecipeError
from clmil.labels.space import LabelSpace
from clmil.nn.predict import predict_tokens
from clmil.storage.folder import SavedModel, load_model
from clmil.systems.cl_mil import text_budget

CHUNK = 4096
"""Texts that are tokenised and sorted by length at once, which bounds memory."""


@dataclass(frozen=True, kw_only=True)
class Predictor:
    """A loaded model that turns texts into probabilities.

    Attributes:
        model: the network with its tokenizer, labels, recipe and metrics.
        folder: where it was loaded from.
        precision: `fp32`, in which a prediction does not depend on what else is in the batch
            (within 1e-5), or `bf16`, faster where the hardware has it (within 5e-3).
    """

    model: SavedModel
    folder: Path | None = None
    precision: str = "fp32"

    @classmethod
    def load(cls, folder: str | Path, *, precision: str = "fp32") -> "Predictor":
        """Load a model folder onto the GPU, if there is one.

        Raises:
            ModelError: if the folder is no model, damaged or from a newer version.
            RecipeError: on an unknown precision.
        """
        if precision not in ("fp32", "bf16"):
            raise RecipeError(f"the precision {precision!r} is unknown; give fp32 or bf16.")
        model = load_model(Path(folder))
        model.network.to("cuda" if torch.cuda.is_available() else "cpu")
        return cls(model=model, folder=Path(folder), precision=precision)

    @property
    def space(self) -> LabelSpace:
        """The labels, in the order of the columns."""
        return self.model.space

    def predict_proba(self, texts: Sequence[str], batch_size: int = 32) -> np.ndarray:
        """Return (n, l) float32 probabilities, columns in the order of `space.names`."""
        settings = self.model.network.settings
        budget = text_budget(settings, len(self.space), self.model.network.window)
        parts = [np.empty((0, len(self.space)), dtype=np.float32)]
        for start in range(0, len(texts), CHUNK):
            ids = tokenise_texts(texts[start : start + CHUNK], self.model.tokenizer, budget)
            parts.append(
                predict_tokens(
                    self.model.network, ids, batch_size=batch_size, precision=self.precision
                )
            )
        return np.concatenate(parts)
