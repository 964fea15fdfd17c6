"""The linear model's own files: weights as safetensors, and JSON; without pickle and torch.

`terms.json` holds the words in the order of the weights' rows.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from clmil.errors import ModelError
from clmil.storage.atomic import first_line, read_json, write_json
from clmil.storage.folder import CONFIG, config_of

WEIGHTS, TERMS = "model.safetensors", "terms.json"
KIND = "linear"
"""What `kind` says in `config.json`."""


@dataclass(frozen=True, kw_only=True, eq=False)
class LinearWeights:
    """What a fitted linear model computes with, as plain values.

    Attributes:
        terms: v words, and pairs of words with a blank between.
        pairs: whether pairs are among the terms.
        inverse_frequency: (v,) float64, the logarithmic weight of each term.
        weights: (v, l) float32.
        bias: (l,) float64.
        C: inverse strength of the regularisation with which they were fitted.
    """

    terms: tuple[str, ...]
    pairs: bool
    inverse_frequency: np.ndarray
    weights: np.ndarray
    bias: np.ndarray
    C: float


def save_weights(told: LinearWeights, folder: Path) -> None:
    """Write weights, terms and `config.json` into a folder."""
    from safetensors.numpy import save_file

    tensors = {
        "inverse_frequency": told.inverse_frequency,
        "weights": np.ascontiguousarray(told.weights, dtype=np.float32),
        "bias": told.bias,
    }
    save_file(tensors, folder / WEIGHTS)
    write_json(folder / TERMS, list(told.terms))
    write_json(folder / CONFIG, config_of(KIND, pairs=told.pairs, C=told.C))


def load_weights(folder: Path) -> LinearWeights:
    """Read what `save_weights` wrote.

    Raises:
        ModelError: if a file is missing or damaged, or they do not fit each other.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    config: dict[str, Any] = read_json(folder / CONFIG)
    terms = tuple(read_json(folder / TERMS))
    try:
        told = LinearWeights(
            terms=terms,
            pairs=bool(config["pairs"]),
            C=float(config["C"]),
            **load_file(folder / WEIGHTS),
        )
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"{folder / WEIGHTS} is missing, damaged or does not fit {CONFIG} "
            f"({first_line(error)}); restore it from a copy or train again."
        ) from error
    shapes = (told.inverse_frequency.shape, told.weights.shape)
    if shapes != ((len(terms),), (len(terms), len(told.bias))):
        raise ModelError(
            f"{folder / WEIGHTS} does not fit {TERMS}; the files do not belong together, restore "
            "the folder."
        )
    return told
