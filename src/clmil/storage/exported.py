"""The folder of an exported model: a model folder whose network is an ONNX graph.

It needs no torch. `config.json` says of which kind it is and what the graph takes.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from clmil.errors import ModelError
from clmil.storage.atomic import read_json
from clmil.storage.folder import CONFIG, LABELS, METRICS, RECIPE, config_of

GRAPH = "model.onnx"
KIND = "onnx"
"""What `kind` says in `config.json`."""

BESIDE = (
    LABELS,
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    RECIPE,
    METRICS,
)
"""Files that an exported model has from the model it was made of, where that has them."""


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What `config.json` says of a graph.

    Attributes:
        precision: `fp32` or `int8`, in which it computes.
        label_count: l, columns of its logits.
        text_pieces: word pieces of a text that it reads; the rest is cut.
        window_pieces: word pieces of a window, if it takes texts in windows; else None.
    """

    precision: str
    label_count: int
    text_pieces: int
    window_pieces: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the content of `config.json`."""
        return config_of(KIND, **asdict(self))


def read_exported(folder: Path) -> Exported:
    """Read `config.json` of an exported model, and check that its labels are of like number.

    Raises:
        ModelError: if a file is missing or damaged, or they do not belong together.
    """
    config = read_json(folder / CONFIG)
    try:
        window = config.get("window_pieces")  # older folders have none
        found = Exported(
            precision=str(config["precision"]),
            label_count=int(config["label_count"]),
            text_pieces=int(config["text_pieces"]),
            window_pieces=None if window is None else int(window),
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ModelError(
            f"{folder / CONFIG} lacks what an exported model says there; restore it from a copy "
            "or export again."
        ) from None
    if not (folder / LABELS).exists():
        raise ModelError(
            f"{folder} has a graph but no {LABELS}, so its columns have no names; restore the "
            "file from a copy or export again."
        )
    if found.window_pieces is not None and found.window_pieces < 1:
        raise ModelError(
            f"{folder / CONFIG} says that a window takes {window} word pieces; restore it from a "
            "copy or export again."
        )
    named = len(read_json(folder / LABELS).get("labels", ()))
    if named != found.label_count:
        raise ModelError(
            f"{folder / LABELS} names {named} labels but the graph is for {found.label_count}; "
            "the files do not belong together, restore the folder or export again."
        )
    return found
