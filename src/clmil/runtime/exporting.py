"""From a model folder to the folder of an exported model, which needs no torch."""

import shutil
from importlib.util import find_spec
from pathlib import Path

from clmil.errors import MissingExtraError, ModelError
from clmil.runtime.predictor import Predictor
from clmil.storage.atomic import staged_folder, write_json, write_text
from clmil.storage.exported import BESIDE, GRAPH, KIND, Exported
from clmil.storage.folder import CARD, CONFIG, kind_of
from clmil.storage.hub import find_model
from clmil.storage.neighbours import holds_store

EXPORTER = ("onnx", "onnxscript")
"""Modules that write a graph; running one takes onnxruntime alone."""


def export_model(
    model: str | Path, output: Path, *, int8: bool = False, overwrite: bool = False
) -> Exported:
    """Write a model as an ONNX graph with its tokenizer, labels and decision rule.

    Args:
        model: a model folder of the CL-MIL family, or such a model on the hub.
        output: the folder to write; `config.json`, which makes it a model, arrives last.
        int8: compute linear layers in 8 bits.
        overwrite: replace the files of a folder that exists.

    Raises:
        MissingExtraError: if what writes graphs is not installed.
        ModelError: if the model cannot be read or exported, or the output exists.
    """
    missing = [name for name in EXPORTER if find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"exporting needs {' and '.join(missing)}; get it with `pip install 'clmil[onnx]'`."
        )
    folder = find_model(model)
    _check(folder, output, overwrite=overwrite)
    target = output.resolve()
    with staged_folder(target, target.with_name(f".{target.name}.writing"), last=CONFIG) as staging:
        exported = _write_network(folder, staging, int8=int8)
        _write_rest(folder, staging, exported)
    return exported


def _check(folder: Path, output: Path, *, overwrite: bool) -> None:
    kind = kind_of(folder)
    if kind == "linear":
        raise ModelError(f"{folder} is a linear model, which runs without torch as it is.")
    if kind == KIND:
        raise ModelError(f"{folder} was exported already; export the model it was made of.")
    if kind != "joint":
        raise ModelError(
            f"{folder} is a model of the kind {kind!r}, which cannot be exported; CL-MIL and the "
            "BERT systems can."
        )
    if holds_store(folder):
        raise ModelError(
            f"in {folder} near training texts vote, which an exported graph cannot hold; train "
            "with neighbours.enabled=false, or serve the model as it is."
        )
    if not output.exists():
        return
    if not output.is_dir():
        raise ModelError(f"the output {output} is a file; give a folder to write.")
    if output.samefile(folder):
        raise ModelError(f"{output} is the model itself; choose another folder for the output.")
    if not overwrite:
        raise ModelError(f"the output {output} exists; choose another folder or add --overwrite.")


def _write_network(folder: Path, staging: Path, *, int8: bool) -> Exported:
    reader = Predictor.load(folder).reader  # tells of whatever is damaged
    from clmil.nn.model import ClMilModel
    from clmil.runtime.tracing import write_graph
    from clmil.storage.quiet import quiet_libraries

    with quiet_libraries():
        network = ClMilModel.from_pretrained(folder)
    exported = Exported(
        precision="int8" if int8 else "fp32",
        label_count=network.label_count,
        text_pieces=reader.most,
        window_pieces=network.room(joint=network.settings.labels.joint)
        if network.windowed
        else None,
    )
    write_graph(network, staging / GRAPH, int8=int8)
    return exported


def _write_rest(folder: Path, staging: Path, exported: Exported) -> None:
    for name in BESIDE:
        if (folder / name).exists():
            shutil.copyfile(folder / name, staging / name)
    card = folder / CARD
    told = card.read_text(encoding="utf-8").rstrip() + "\n\n" if card.exists() else ""
    write_text(staging / card.name, told + section(exported))
    write_json(staging / CONFIG, exported.to_json())


def section(exported: Exported) -> str:
    """Return what the card of an exported model says of its graph."""
    shape, room = "(B, D)", exported.window_pieces
    cut = ""
    if room is not None:
        shape = "(B, K, w)"
        cut = f", filled one window after another; w is {room}, or K is 1 and w less"
    return (
        "## Exported\n\n"
        f"The network is in `{GRAPH}`, an ONNX graph that computes in {exported.precision}; "
        "clmil runs it in ONNX Runtime, without torch.\n\n"
        f"- `text_ids` {shape} int64: word pieces of each text without special tokens, at most "
        f"{exported.text_pieces}{cut}; what stands past a text's length is ignored\n"
        "- `lengths` (B,) int64: how many they are, from 0\n"
        f"- `logits` (B, {exported.label_count}) float32: their sigmoid is the probability of each "
        "label, columns as in `labels.json`, before calibration\n"
    )
