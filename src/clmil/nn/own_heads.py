"""Heads of other systems over the same encoder, by what a network's configuration says."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from clmil.nn.laco import LacoHead
from clmil.nn.laco_settings import LacoSettings
from clmil.nn.neighbour_settings import ContrastSettings
from clmil.nn.neighbours import NeighbourHead
from clmil.nn.settings import ClassifierSettings


def make_head(
    head: Mapping[str, Any], classifier: ClassifierSettings, hidden: int, labels: int
) -> nn.Module:
    """Build a head that maps a `Represented` and targets to a `LabelOutput`.

    Args:
        head: `kind`, `laco` or `neighbours`, and the settings of that head.
        classifier: what every head's classifier sees.
        hidden: width h of the encoder.
        labels: l.

    Raises:
        ValueError: if the kind is unknown or a setting does not fit.
    """
    settings = {name: value for name, value in head.items() if name != "kind"}
    kind = head.get("kind")
    if kind == "laco":
        return LacoHead(LacoSettings.model_validate(settings), classifier, hidden, labels)
    if kind == "neighbours":
        return NeighbourHead(ContrastSettings.model_validate(settings), classifier, hidden, labels)
    raise ValueError(f"unknown head {kind!r}")
