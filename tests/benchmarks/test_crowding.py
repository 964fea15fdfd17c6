from types import SimpleNamespace

import numpy as np
import pytest
from benchmarks.crowding import VARIANTS, judged, probe, table
from sklearn.metrics import f1_score

from clmil.systems.recipe import load_recipe


@pytest.mark.parametrize("variant", VARIANTS)
def test_each_variant_is_a_recipe(variant: str) -> None:
    system, changes = VARIANTS[variant]
    assert load_recipe(system=system, overrides=changes).system == system


def test_a_probe_finds_what_a_plane_parts_and_nothing_of_labels_never_seen() -> None:
    chance = np.random.default_rng(0)
    texts = chance.normal(size=(90, 6)).astype(np.float32)
    targets = np.stack([texts[:, 0] > 0, texts[:, 3] > 0.5, np.zeros(90)], axis=1).astype(np.int8)
    found = probe(texts[:60], targets[:60], texts[60:])
    assert not found[:, 2].any()
    material = SimpleNamespace(train_targets=targets, validation_targets=targets[60:])
    scores = judged(found, material, np.arange(60))
    micro = f1_score(targets[60:], found >= 0.5, average="micro", zero_division=0)
    assert scores["labels"] == 2
    assert scores["macro_ap"] > 0.95
    assert scores["micro_f1"] == pytest.approx(micro)


def test_each_variant_has_a_line() -> None:
    one = {"labels": 2, "mean_cosine": 0.25, "micro_f1": 0.5, "macro_ap": 0.75}
    report = {"documents": 1200, "validation": 30, "word_pieces": 9, "variants": {"text": one}}
    assert "| text | 0.25 | 50.0 | 75.0 |" in table("toy", report)
