"""Cells that train nothing: every system errs at a rate of its own on the same targets."""

import numpy as np

from clmil.decisions.metrics import score, threshold
from clmil.experiments.cells import CellResult, CorpusFacts, Settings
from clmil.experiments.measuring import curve_of
from clmil.experiments.plan import run_plan
from clmil.experiments.results import Results

CORPUS = CorpusFacts(name="toy", source="toy.jsonl", digest="abc", documents=100)
SETTINGS = Settings(version="0")
GROUPS = {"head": [0, 1], "mid": [2, 3], "tail": [4, 5]}
TARGETS = (np.random.default_rng(0).random((400, 6)) < 0.3).astype(np.int8)


class FakeRecipe:
    def __init__(self, values):
        self.values = values

    def plain(self):
        return self.values


def fake_recipe(name="default", *, system=None, overrides=()):
    """Stand in for `load_recipe`: every system exists."""
    values = {
        "name": name,
        "system": system,
        "training": {"epochs": 3},
        "encoder": {"name": "minilm"},
        "contrastive": {"enabled": False},
    }
    return FakeRecipe(values | {"overrides": list(overrides)})


def probabilities(*, missed=0.1, invented=0.05, seed=0, columns=None):
    """Return probabilities with a share of relevant cells missed and of others invented."""
    rng = np.random.default_rng(seed)
    draw = rng.random(TARGETS.shape)
    wrong = np.where(TARGETS == 1, draw < missed, draw < invented)
    if columns is not None:
        wrong[:, [k for k in range(6) if k not in columns]] = False
    given = np.where(wrong, 1 - TARGETS, TARGETS)
    return (0.2 + 0.6 * given).astype(np.float32)


def result(**arrays):
    """Return the result of a cell with the scores of its arrays."""
    arrays = {"targets": TARGETS, "decided": threshold(arrays["probabilities"])} | arrays
    scored = score(TARGETS, arrays["decided"], groups={k: np.array(v) for k, v in GROUPS.items()})
    values = {
        "scores": {"fixed": scored.to_json(), "tuned": scored.to_json()},
        "per_group": {"fixed": {k: vars(v) for k, v in scored.per_group.items()}},
        "labels": 54,  # so that the paper's AAPD stands beside it
        "groups": GROUPS,
        "train_seconds": 12.0,
        **curve_of(arrays),
    }
    return CellResult(values=values, arrays=arrays)


def results_of(folder, made, *, seeds=(1, 2)):
    """Run fake cells: variant to a function of the seed that returns a `CellResult`."""
    made = dict(made)
    empty = Results(corpus=CORPUS, settings=SETTINGS, seeds=seeds, folder=folder, finished={})
    makers = {empty.cell(variant, s).key: make for variant, make in made.items() for s in seeds}
    cells = [empty.cell(variant, seed) for variant in made for seed in seeds]
    assert run_plan(cells, folder, lambda cell, _: makers[cell.key](cell.seed)) == {}
    return Results.read(CORPUS, SETTINGS, seeds, folder)
