"""The labels: names, descriptions, order, counts and frequency groups."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np

from clmil.errors import DataError

AAPD_DOCUMENTS, HEAD_CUT, MID_CUT = 53_840, 3_000, 1_000
"""Table 6's cut-offs and the training size for which the paper states them."""

WORD_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})|[-_./]+")
"""Where camelCase, snake_case, dotted, slashed and hyphenated names are split."""


@dataclass(frozen=True, kw_only=True)
class LabelSpace:
    """The l labels of a corpus. Column k of every matrix is label k.

    Attributes:
        names: by descending training frequency, ties by name.
        descriptions: one a label, empty where there is none.
        counts: training documents of each label.
        documents: annotated training documents, N.
        known: training documents in which it is known whether each label applies; empty: all N.

    """

    names: tuple[str, ...]
    descriptions: tuple[str, ...]
    counts: tuple[int, ...]
    documents: int
    known: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not len(self.names) == len(self.descriptions) == len(self.counts):
            raise DataError(
                f"there are {len(self.names)} label names, {len(self.descriptions)} descriptions "
                f"and {len(self.counts)} counts; give one of each for every label."
            )
        if self.known and len(self.known) != len(self.names):
            raise DataError(
                f"there are {len(self.names)} label names and {len(self.known)} counts of the "
                "documents that are known; give one of each for every label."
            )
        if any(not name.strip() for name in self.names):
            raise DataError("a label name is blank; give every label a name.")
        if len(set(self.names)) < len(self.names):
            twice = sorted({name for name in self.names if self.names.count(name) > 1})
            raise DataError(f"the label name {twice[0]!r} occurs twice; label names must differ.")

    @classmethod
    def from_counts(
        cls,
        counts: Mapping[str, int],
        *,
        documents: int,
        descriptions: Mapping[str, str] | None = None,
    ) -> "LabelSpace":
        """Order labels by descending training frequency, ties by name."""
        names = sorted(counts, key=lambda name: (-counts[name], name))
        told = descriptions or {}
        return cls(
            names=tuple(names),
            descriptions=tuple(told.get(name, "") for name in names),
            counts=tuple(int(counts[name]) for name in names),
            documents=documents,
        )

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def index(self) -> dict[str, int]:
        """Column of each name."""
        return {name: column for column, name in enumerate(self.names)}

    @cached_property
    def known_documents(self) -> np.ndarray:
        """(l,) int64, the documents from which a label's frequency is known."""
        return np.array(self.known or (self.documents,) * len(self), dtype=np.int64)

    def knowing(self, targets: np.ndarray) -> "LabelSpace":
        """Return the labels with `known` counted in the (n, l) training targets."""
        known = tuple((targets >= 0).sum(axis=0).tolist())
        return replace(self, known=() if set(known) <= {self.documents} else known)

    def groups(self) -> dict[str, np.ndarray]:
        """Return the columns of head, mid and tail labels (Table 6, cut-offs scaled to N).

        Where a label is unknown in some documents, N is the number of the others.
        """
        scaled = np.array(self.counts, dtype=np.int64) * AAPD_DOCUMENTS  # integers: exact ties
        known = self.known_documents
        head, mid = scaled >= HEAD_CUT * known, scaled >= MID_CUT * known
        masks = {"head": head, "mid": mid & ~head, "tail": ~mid}
        return {name: np.flatnonzero(mask) for name, mask in masks.items()}

    def order(self, kind: Literal["frequency", "alphabet", "seed"], seed: int = 0) -> np.ndarray:
        """Return the (l,) columns in the order in which their tokens follow the text."""
        if kind == "alphabet":
            return np.array(sorted(range(len(self)), key=self.names.__getitem__), dtype=np.int64)
        if kind == "seed":
            return np.random.default_rng(seed).permutation(len(self))
        return np.arange(len(self))

    def text(self, column: int) -> str:
        """Return a label in words: its name, split at case and punctuation, and description."""
        spaced = WORD_BREAK.sub(" ", self.names[column])
        return " ".join(f"{spaced} {self.descriptions[column]}".split())

    def to_json(self) -> dict[str, Any]:
        """Return plain values for `labels.json`."""
        rows = zip(self.names, self.descriptions, self.counts, self.known_documents, strict=True)
        return {
            "documents": self.documents,
            "labels": [
                {"name": name, "description": description, "train_documents": count}
                | ({"known_documents": int(known)} if self.known else {})
                for name, description, count, known in rows
            ],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "LabelSpace":
        """Read what `to_json` wrote.

        Raises:
            DataError: if a name is blank or stands twice, or a key is missing.

        """
        try:
            rows = value["labels"]
            return cls(
                names=tuple(str(row["name"]) for row in rows),
                descriptions=tuple(str(row["description"]) for row in rows),
                counts=tuple(int(row["train_documents"]) for row in rows),
                documents=int(value["documents"]),
                known=tuple(
                    int(row["known_documents"]) for row in rows if "known_documents" in row
                ),
            )
        except DataError:
            raise
        except (KeyError, TypeError, ValueError) as error:
            fault = f"{error} is missing" if isinstance(error, KeyError) else "a value is wrong"
            raise DataError(
                f"labels.json of the model is damaged ({fault}); restore it from a copy or train "
                "again."
            ) from error
