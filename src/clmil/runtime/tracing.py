"""From a torch network to the file of an ONNX graph."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from clmil.errors import ModelError
from clmil.nn.network import Network
from clmil.nn.padded import PaddedNetwork
from clmil.nn.portable import OPSET, round_linears
from clmil.storage.atomic import explained, first_line
from clmil.systems.onnx import open_session

TOLERANCE = 1e-4
"""By how much logits of the graph may differ from torch's, in fp32."""

SHAPES = ((1, 1, 1), (3, 3, 50), (2, 2, 9))
"""Documents, windows (if the graph takes texts in windows) and word pieces of each, of the batches
on which a new graph is tried."""

INPUTS, OUTPUTS = ("text_ids", "lengths"), ("logits",)


def write_graph(network: Network, path: Path, *, int8: bool = False) -> None:
    """Write a network as a graph from `text_ids` and `lengths` to `logits` (B, l).

    The graph takes what `PaddedNetwork.forward` takes. An fp32 graph is run on a few batches, and
    its logits compared with torch's.

    Args:
        network: over a transformers encoder; it is used up.
        path: the file to write.
        int8: compute linear layers in 8 bits.

    Raises:
        ModelError: if it cannot be traced or written, or the graph differs from it.
    """
    padded = PaddedNetwork(network.eval())
    if int8:
        round_linears(network)
    trace(padded, path)
    if not int8:
        _compare(padded, path)


def trace(padded: PaddedNetwork, path: Path) -> None:
    """Write the graph of a padded network, for any number and length of documents.

    Raises:
        ModelError: if it cannot be traced or written.
    """
    windowed = padded.network.windowed
    names = ("batch", "windows", "words") if windowed else ("batch", "words")
    free = dict(enumerate(torch.export.Dim(name) for name in names))
    try:
        with _quiet(), torch.inference_mode():
            program: Any = torch.onnx.export(
                padded,
                _example(padded, 3, 2, 24),
                input_names=INPUTS,
                output_names=OUTPUTS,
                dynamic_shapes={"text_ids": free, "lengths": {0: free[0]}},
                opset_version=OPSET,
                dynamo=True,
                verbose=False,
            )
            _forget_origins(program.model)
            with explained(path):
                program.save(str(path), external_data=False)
    except (torch.onnx.OnnxExporterError, ValueError) as error:
        raise ModelError(
            f"this model's encoder cannot be written as an ONNX graph ({first_line(error)}); "
            "use another encoder, of the BERT family for example, or predict with torch."
        ) from error


def _forget_origins(model: Any) -> None:
    """Drop what the tracer notes of each node: lines of code, with paths of this machine."""
    for node in model.graph.all_nodes():
        node.metadata_props.clear()
        node.doc_string = None
        for value in node.outputs:
            value.metadata_props.clear()
    for value in (*model.graph.inputs, *model.graph.initializers.values()):
        value.metadata_props.clear()
    model.graph.metadata_props.clear()
    model.metadata_props.clear()


def _example(padded: PaddedNetwork, batch: int, windows: int, words: int) -> tuple[Tensor, Tensor]:
    """Return seeded word pieces, perhaps in windows, and lengths from all of them down to 0."""
    table = padded.network.encoder.get_input_embeddings().num_embeddings
    shape = (batch, windows, words) if padded.network.windowed else (batch, words)
    drawn = np.random.default_rng(0).integers(0, table, shape)
    lengths = np.linspace(drawn[0].size, 0, batch).astype(np.int64)
    return torch.from_numpy(drawn), torch.from_numpy(lengths)


def _compare(padded: PaddedNetwork, path: Path) -> None:
    session = open_session(path)
    for shape in SHAPES:
        batch = _example(padded, *shape)
        with torch.inference_mode():
            wanted = padded(*batch).numpy()
        fed = {name: value.numpy() for name, value in zip(INPUTS, batch, strict=True)}
        difference = float(np.abs(session.run(list(OUTPUTS), fed)[0] - wanted).max())
        if not difference <= TOLERANCE:
            raise ModelError(
                f"the graph's logits differ from torch's by {difference:.1e}, more than "
                f"{TOLERANCE}; upgrade onnxruntime, or predict with torch."
            )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the tracer from telling of its own steps."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
