import json

import numpy as np
from benchmarks.by_length import lengths, table

from clmil.storage.atomic import write_json


def test_cells_are_scored_on_the_texts_of_their_corpus(tmp_path):
    texts = ["a", "a b", "a b c", "a b c d"]
    rows = [json.dumps({"text": text, "labels": ["x"]}) for text in texts]
    for part in ("train", "test"):
        (tmp_path / f"{part}.jsonl").write_text("\n".join(rows))
    cells = []
    for system, hits in {"good": [1, 1, 1, 1], "short": [1, 1, 0, 0]}.items():
        cells.append(tmp_path / f"{system}.npz")
        decided = np.array(hits, dtype=np.int8)[:, None]
        np.savez(cells[-1], targets=np.ones_like(decided), decided=decided)
        write_json(cells[-1].with_suffix(".json"), {"cell": {"system": system}})
    found = lengths(str(tmp_path), cells)
    assert [part["words"] for part in found["good"]] == [[1, 1], [2, 2], [3, 3], [4, 4]]
    assert [part["f1"] for part in found["short"]] == [1, 1, 0, 0]
    assert "| short | 100.0 | 100.0 | 0.0 | 0.0 |" in table("toy", found)
