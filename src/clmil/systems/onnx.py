"""Predicting with an exported model in ONNX Runtime. Needs no torch."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from scipy.special import expit

from clmil.data.padding import by_length, pad_rows, pad_windows
from clmil.data.tokens import tokenise_texts
from clmil.decisions.answers import Answers
from clmil.errors import ModelError
from clmil.storage.atomic import first_line, write_json
from clmil.storage.exported import GRAPH, Exported, read_exported
from clmil.storage.folder import CONFIG
from clmil.storage.tokenizer import StoredTokenizer

PAD = 8
"""Batch lengths are rounded up to a multiple of this."""


@dataclass(frozen=True, kw_only=True, eq=False)
class OnnxModel:
    """A graph with its tokenizer; a `clmil.systems.family.Scorer`.

    Attributes:
        session: of ONNX Runtime.
        tokenizer: the encoder's.
        exported: what the folder says of the graph.
        folder: where the graph lies.
    """

    decides: ClassVar[bool] = False

    session: Any
    tokenizer: StoredTokenizer
    exported: Exported
    folder: Path

    @classmethod
    def load(cls, folder: Path, precision: str = "auto") -> Self:
        """Read an exported model.

        Args:
            folder: that `clmil export` wrote.
            precision: `auto` or `fp32`, the graph's own in either case; or that precision by
                its name.

        Raises:
            ModelError: if the folder is damaged, or the graph computes in another precision.
        """
        exported = read_exported(folder)
        if precision not in ("auto", "fp32", exported.precision):
            raise ModelError(
                f"{folder} was exported in {exported.precision} and cannot compute in {precision}; "
                "leave the precision out, or export the model again."
            )
        session = open_session(folder / GRAPH)
        columns = session.get_outputs()[0].shape[-1]
        if columns != exported.label_count:
            raise ModelError(
                f"{folder / GRAPH} has {columns} columns but {exported.label_count} labels; the "
                "files do not belong together, restore the folder or export again."
            )
        return cls(
            session=session, tokenizer=StoredTokenizer(folder), exported=exported, folder=folder
        )

    @property
    def precision(self) -> str:
        """In which the graph computes."""
        return self.exported.precision

    def answer(self, texts: Sequence[str], batch_size: int = 32) -> Answers:
        """Return what the graph says of texts."""
        return Answers(probabilities=self.proba(texts, batch_size))

    def save(self, folder: Path) -> None:
        """Write graph, tokenizer and `config.json` into another folder."""
        shutil.copyfile(self.folder / GRAPH, folder / GRAPH)
        self.tokenizer.save_pretrained(folder)
        write_json(folder / CONFIG, self.exported.to_json())

    def proba(self, texts: Sequence[str], batch_size: int = 32) -> np.ndarray:
        """Return the (n, l) float32 probabilities of some texts, before calibration."""
        probabilities: np.ndarray = expit(self.logits(texts, batch_size))
        return probabilities

    def logits(self, texts: Sequence[str], batch_size: int = 32) -> np.ndarray:
        """Return the (n, l) float32 logits of some texts.

        Raises:
            ModelError: if the graph fails on them.
        """
        ids = tokenise_texts(texts, self.tokenizer, self.exported.text_pieces)
        room = self.exported.window_pieces
        result = np.empty((len(ids), self.exported.label_count), dtype=np.float32)
        for rows in by_length(np.array([len(row) for row in ids], dtype=np.int64), batch_size):
            some = [ids[row] for row in rows]
            text_ids, lengths = (
                pad_rows(some, multiple=PAD)
                if room is None
                else pad_windows(some, room, multiple=PAD)
            )
            result[rows] = self._run({"text_ids": text_ids, "lengths": lengths})
        return result

    def _run(self, batch: dict[str, np.ndarray]) -> np.ndarray:
        try:
            logits: np.ndarray = self.session.run(["logits"], batch)[0]
        except Exception as error:  # ONNX Runtime raises bare Exceptions
            raise ModelError(
                f"the graph failed ({first_line(error)}); export the model again, or give fewer "
                "texts at once with --batch-size if memory is short."
            ) from error
        return logits


def open_session(graph: Path) -> Any:
    """Open a graph on the CPU, in as many threads as OMP_NUM_THREADS says, or as there are cores.

    Raises:
        ModelError: if the file is missing or damaged.
    """
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS") or _cores())
    options.enable_mem_pattern = False  # it would keep a plan of memory for every shape
    options.log_severity_level = 3
    if not graph.exists():
        raise ModelError(f"{graph.parent} has no {graph.name}; restore it or export again.")
    try:
        return InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime raises bare Exceptions
        raise ModelError(
            f"{graph} is damaged ({first_line(error)}); restore it from a copy or export again."
        ) from error


def _cores() -> int:
    """Return how many cores this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1
