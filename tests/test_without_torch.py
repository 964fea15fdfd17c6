"""What works where there is no torch: exported models, linear models, and training linear ones."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from clmil import load
from clmil.data.corpus import Corpus, from_lists
from clmil.runtime.predictor import Predictor
from clmil.storage.atomic import read_json
from clmil.systems.recipe import load_recipe
from clmil.training.run import train

EXPORTED = Path(__file__).parent / "runtime" / "exported"
BARE = """
import sys
from importlib.machinery import PathFinder

class Bare(PathFinder):  # finds no torch, as where it is not installed
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        missing = name.partition(".")[0] in {"torch", "transformers", "accelerate"}
        return None if missing else super().find_spec(name, path, target)

sys.meta_path[:] = [Bare if finder is PathFinder else finder for finder in sys.meta_path]
from clmil.cli.main import main
main()
"""
FAST = ("linear.C=[1.0]", "linear.pairs=[false]", "linear.folds=2")
ROWS = [
    {"text": f"{' '.join(words)} number {k}", "labels": labels}
    for k in range(12)
    for words, labels in (
        (("apple", "pear"), ["fruit"]),
        (("iron", "zinc"), ["metal"]),
        (("plum", "lead"), ["fruit", "metal"]),
    )
]


def clmil(*words: object) -> str:
    """Run a command in a process that can import no torch; return what it prints."""
    command = [sys.executable, "-c", BARE, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("data") / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def linear(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = from_lists([row["text"] for row in ROWS], [row["labels"] for row in ROWS])
    corpus = Corpus(name="rows", train=rows, validation=None, test=None, descriptions={}, notes=())
    folder = tmp_path_factory.mktemp("linear") / "model"
    train(corpus, load_recipe(system="linear", overrides=FAST), folder)
    return folder


def test_an_exported_model_says_what_torch_said():
    expected = read_json(EXPORTED / "expected.json")
    found = Predictor.load(EXPORTED).predict(expected["texts"])
    np.testing.assert_allclose(found.probabilities, expected["probabilities"], atol=1e-4)
    np.testing.assert_array_equal(found.decided, expected["decided"])
    classifier = load(EXPORTED)
    columns = [Predictor.load(EXPORTED).space.names.index(name) for name in classifier.classes_]
    wanted = np.array(expected["probabilities"])[:, columns]
    np.testing.assert_allclose(classifier.predict_proba(expected["texts"]), wanted, atol=1e-4)


def test_a_linear_model_is_loaded_by_both_faces(linear):
    probabilities = Predictor.load(linear).predict_proba(["apple and pear", "zinc"])
    assert probabilities.shape == (2, 2)
    assert load(linear).predict_labels(["apple and pear", "zinc"]) == [["fruit"], ["metal"]]


@pytest.mark.parametrize("kind", ["exported", "linear"])
def test_commands_predict_and_evaluate(kind, linear, data, tmp_path):
    model = EXPORTED if kind == "exported" else linear
    names = set(Predictor.load(model).space.names)
    answers, report = tmp_path / "answers.jsonl", tmp_path / "report.json"
    clmil("predict", model, data, "--output", answers)
    said = [json.loads(line) for line in answers.read_text(encoding="utf-8").splitlines()]
    assert len(said) == len(ROWS)
    assert {label for row in said for label in row["labels"]} <= names
    assert clmil("predict", model, "--text", "apple pear")
    clmil("evaluate", model, data, "--output", report)
    assert read_json(report)


def test_the_linear_system_is_trained_by_command(data, tmp_path):
    settings = [part for one in FAST for part in ("--set", one)]
    model = tmp_path / "model"
    words = ("train", data, "--output", model, "--system", "linear", *settings, "--quiet")
    assert "micro-F1" in clmil(*words)
    assert load(model).predict_labels(["iron, zinc"]) == [["metal"]]


def test_a_system_that_needs_torch_says_how_to_get_it(data, tmp_path):
    command = [sys.executable, "-c", BARE, "train", str(data), "--output", str(tmp_path / "model")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pip install 'clmil[train]'" in " ".join(done.stderr.split())
