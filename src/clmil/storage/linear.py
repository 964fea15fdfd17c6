"""The linear model's folder: `model.safetensors` and JSON, without pickle and without torch.

Beside the weights lie `terms.json`, the words in the order of the weights, `labels.json` with
the labels and the decision rule, `metrics.json`, and `config.json`, which arrives last.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from clmil.decisions.rule import DecisionRule
from clmil.errors import ModelError
from clmil.labels.space import LabelSpace
from clmil.nn.settings import FORMAT_VERSION
from clmil.storage.atomic import first_line, read_json, staged_folder, write_json

WEIGHTS, CONFIG, TERMS, LABELS, METRICS = (
    "model.safetensors",
    "config.json",
    "terms.json",
    "labels.json",
    "metrics.json",
)
LINEAR = "linear"
"""What `system` says in `config.json`."""


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


@dataclass(frozen=True, kw_only=True, eq=False)
class SavedLinear:
    """A linear model with all that is needed to use it.

    Attributes:
        weights: of the model.
        space: the labels.
        rule: from the model's probabilities, the sigmoid of its margins, to predicted labels.
        metrics: scores and facts of the fit.
    """

    weights: LinearWeights
    space: LabelSpace
    rule: DecisionRule
    metrics: dict[str, Any] = field(default_factory=dict)


def is_linear(folder: Path) -> bool:
    """Tell whether a folder holds a linear model.

    Raises:
        ModelError: if its `config.json` is missing or damaged.
    """
    config = read_json(folder / CONFIG)
    return isinstance(config, dict) and config.get("system") == LINEAR


def save_linear(model: SavedLinear, folder: Path) -> None:
    """Write a model folder; `config.json`, which makes it one, arrives last.

    Raises:
        ModelError: if it cannot be written.
    """
    from safetensors.numpy import save_file

    folder = folder.resolve()
    told = model.weights
    tensors = {
        "inverse_frequency": told.inverse_frequency,
        "weights": np.ascontiguousarray(told.weights, dtype=np.float32),
        "bias": told.bias,
    }
    decisions = {"decisions": model.rule.to_json(model.space.names)}
    config = {
        "model_type": "clmil",
        "system": LINEAR,
        "format_version": FORMAT_VERSION,
        "pairs": told.pairs,
        "C": told.C,
    }
    scratch = folder.with_name(f".{folder.name}.writing")
    with staged_folder(folder, scratch, last=CONFIG) as staging:
        save_file(tensors, staging / WEIGHTS)
        write_json(staging / TERMS, list(told.terms))
        write_json(staging / LABELS, model.space.to_json() | decisions)
        write_json(staging / METRICS, model.metrics)
        write_json(staging / CONFIG, config)


def load_linear(folder: Path) -> SavedLinear:
    """Read a model folder that `save_linear` wrote.

    Raises:
        ModelError: if it is missing, damaged, no linear model or from a newer version.
    """
    config = read_json(folder / CONFIG)
    if not is_linear(folder):
        raise ModelError(f"{folder} holds no linear model, as its {CONFIG} says; check the path.")
    version = config.get("format_version")
    if not isinstance(version, int) or version > FORMAT_VERSION:
        raise ModelError(
            f"{folder} was written by a newer clmil (folder format {version}, "
            f"this version reads up to {FORMAT_VERSION}); upgrade with `pip install -U clmil`."
        )
    labels = read_json(folder / LABELS)
    space = LabelSpace.from_json(labels)
    return SavedLinear(
        weights=_load_weights(folder, config, len(space)),
        space=space,
        rule=DecisionRule.from_json(labels["decisions"], space.names),
        metrics=read_json(folder / METRICS),
    )


def _load_weights(folder: Path, config: dict[str, Any], labels: int) -> LinearWeights:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

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
    shapes = (told.inverse_frequency.shape, told.weights.shape, told.bias.shape)
    if shapes != ((len(terms),), (len(terms), labels), (labels,)):
        raise ModelError(
            f"{folder / WEIGHTS} does not fit {TERMS} and {LABELS}; the files do not belong "
            "together, restore the folder."
        )
    return told
