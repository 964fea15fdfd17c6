"""Pieces: known by content, whole or not there."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from clmil.decisions.rule import DecisionRule
from clmil.runtime.pieces import Pieces, prediction_key

VALUES = np.array([[0.25, 0.125]], dtype=np.float32)
DECIDED = np.array([[1, 0]], dtype=np.int8)


def test_a_piece_comes_back_to_the_bit(tmp_path: Path) -> None:
    pieces = Pieces(tmp_path / "new", "key")
    assert pieces.get(["a"]) is None
    pieces.put(["a"], VALUES, DECIDED)
    pieces.put(["a"], VALUES, DECIDED)  # twice is once
    found = pieces.get(["a"])
    assert found is not None
    np.testing.assert_array_equal(found[0], VALUES)
    np.testing.assert_array_equal(found[1], DECIDED)
    assert (found[0].dtype, found[1].dtype) == (np.float32, np.int8)
    assert len(list(pieces.folder.iterdir())) == 1


def test_other_texts_another_key_or_half_a_piece_are_not_found(tmp_path: Path) -> None:
    pieces = Pieces(tmp_path, "key")
    pieces.put(["a", "b"], VALUES, DECIDED)
    assert pieces.get(["ab"]) is None
    assert pieces.get(["b", "a"]) is None
    assert Pieces(tmp_path, "other").get(["a", "b"]) is None
    file = next(tmp_path.iterdir())
    file.write_bytes(file.read_bytes()[:-30])
    assert pieces.get(["a", "b"]) is None


def test_the_key_changes_with_all_that_decides(tmp_path: Path) -> None:
    weights = tmp_path / "model.safetensors"
    weights.write_text("one")

    settings = {"precision": "fp32", "batch_size": 32, "text_column": "text"}

    def key(threshold: float = 0.5, **changed: Any) -> str:
        rule = DecisionRule.fixed(2, threshold)
        return prediction_key(tmp_path, rule, ("a", "b"), **settings | changed)

    keys = {key(), key(0.4), key(precision="bf16"), key(batch_size=8), key(text_column="title")}
    assert key() == key()
    os.utime(weights, ns=(1, 1))
    assert len(keys | {key()}) == 6
