"""A torch network that scores texts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from clmil.decisions.answers import Answers
from clmil.nn.predict import answer_tokens
from clmil.systems.reading import Reader

CHUNK = 4096
"""Texts that are read and sorted by length at once, which bounds memory."""


@dataclass(frozen=True, kw_only=True, eq=False)
class NetworkScorer:
    """A network and what reads texts for it; a `clmil.systems.family.Scorer`.

    Attributes:
        network: the trained network, as it is saved.
        reader: of texts.
        labels: l.
        save_network: writes the network's own files, `config.json` among them.
        precision: in which it computes: `fp32`, in which a prediction does not depend on what
            else is in the batch (within 1e-5); `bf16` (within 5e-3); or `int8`.
        prepared: the network laid out for that precision; None: the network itself.
        decides: whether it writes label sets itself.
    """

    network: Any
    reader: Reader
    labels: int
    save_network: Callable[[Path], None]
    precision: str = "fp32"
    prepared: Any = None
    decides: bool = False

    def answer(self, texts: Sequence[str], batch_size: int = 32) -> Answers:
        """Return what the network says of texts."""
        network = self.prepared or self.network
        parts = []
        for start in range(0, max(len(texts), 1), CHUNK):
            ids = self.reader.ids(texts[start : start + CHUNK])
            parts.append(
                answer_tokens(
                    network, ids, self.labels, batch_size=batch_size, precision=self.precision
                )
            )
        said = Answers.joined(parts)
        if self.decides and said.sets is None:  # no texts, no sets
            return replace(said, sets=np.zeros((0, self.labels), dtype=np.int8))
        return said

    def save(self, folder: Path) -> None:
        """Write the network's and the reader's files."""
        self.reader.save(folder)
        self.save_network(folder)
