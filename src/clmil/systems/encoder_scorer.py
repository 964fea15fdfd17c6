"""Loading networks over an encoder to predict with them; imports transformers only if need be."""

from functools import partial
from pathlib import Path

from clmil.nn.device import best_device
from clmil.nn.network import Network
from clmil.nn.precision import resolve_precision
from clmil.nn.prepared import prepare
from clmil.nn.ranges import stored_ranges
from clmil.storage.folder import check_label_count
from clmil.storage.weights import load_network, save_network
from clmil.systems.budget import text_budget
from clmil.systems.reading import EncoderReader
from clmil.systems.scoring import NetworkScorer


def load_scorer(folder: Path, labels: int, precision: str) -> NetworkScorer:
    """Read a model folder of this family; arguments as for `Family.load`."""
    precision = resolve_precision(precision, setting="the precision")
    network = load_network(folder)
    check_label_count(folder, labels, network.label_count)
    network = network.to(best_device())
    budget = text_budget(network.settings, labels, network.positions)
    return scorer_of(network, EncoderReader.load(folder, budget), labels, precision)


def scorer_of(
    network: Network, reader: EncoderReader, labels: int, precision: str = "fp32"
) -> NetworkScorer:
    """Return what scores with a network in eval mode, laid out for a precision."""
    return NetworkScorer(
        network=network,
        reader=reader,
        labels=labels,
        save_network=partial(save_network, network),
        precision=precision,
        prepared=prepare(network, precision, stored_ranges(network)),
    )
