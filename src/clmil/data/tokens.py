"""Texts to word pieces, once, kept as Arrow on disk."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from datasets import Dataset


def tokenise_texts(texts: Sequence[str], tokenizer: Any, budget: int) -> list[list[int]]:
    """Return the first `budget` word pieces of each text, without special tokens.

    Args:
        texts: the texts; a blank one has no word pieces.
        tokenizer: a fast tokenizer.
        budget: room for text, the maximal length less labels and special tokens. Only the
            tail of the text is cut, never a label (method notes, point 6).
    """
    backend = tokenizer.backend_tokenizer
    backend.no_truncation()
    backend.no_padding()
    encoded = backend.encode_batch_fast(list(texts), add_special_tokens=False)
    return [row.ids[:budget] for row in encoded]


def encode_documents(
    documents: "Dataset",
    ids: Callable[[list[str]], list[list[int]]],
    *,
    cache_file: Path | None = None,
) -> "Dataset":
    """Turn texts into `text_ids` and `length`, memory-mapped from `cache_file`.

    Args:
        documents: column `text`.
        ids: from texts to the ids of each.
        cache_file: to write; None: keep them in memory.
    """
    from datasets import Features, List, Value

    def batch(columns: dict[str, list[str]]) -> dict[str, list[Any]]:
        rows = ids(columns["text"])
        return {"text_ids": rows, "length": [len(row) for row in rows]}

    return documents.map(
        batch,
        batched=True,
        batch_size=1000,
        remove_columns=documents.column_names,
        features=Features({"text_ids": List(Value("int32")), "length": Value("int32")}),
        cache_file_name=None if cache_file is None else str(cache_file),
        keep_in_memory=cache_file is None,
        load_from_cache_file=False,
    )


def lengths_of(tokens: "Dataset") -> np.ndarray:
    """Return the (n,) int32 word-piece counts."""
    return np.asarray(tokens.data.column("length").to_numpy(), dtype=np.int32)
