"""Classifiers begin at a linear probe of the encoder as it is."""

from pathlib import Path

import numpy as np
import pytest
import torch

from clmil.data.batching import pad_texts
from clmil.nn.linear_probe import LinearProbe
from clmil.storage.atomic import read_json
from clmil.systems.recipe import load_recipe
from clmil.systems.registry import family_of
from clmil.systems.stages import PlainStage
from clmil.systems.start import read_start
from clmil.training.material import gather
from clmil.training.plain import run_plain
from clmil.training.progress import Silent
from clmil.training.run import train
from tests.systems.every import HEADED
from tests.tiny import FAST, toy_corpus

ON = "linear_probe.enabled=true"


def learner_of(encoder: str, system: str, cache: Path, *more: str):
    corpus = toy_corpus()
    material = gather(corpus, corpus.train, corpus.train)
    fast = FAST if system in ("bert", "bert-joint", "cl-mil") else HEADED
    overrides = [*fast, f"encoder.name={encoder}", ON, *more]
    recipe = load_recipe(system=system, overrides=overrides)
    learner = family_of(system).learner(recipe, material)
    learner.read(cache)
    return learner


@pytest.mark.parametrize("system", ["bert", "bert-joint", "cl-mil", "laco", "cl-bert-knn"])
def test_the_network_begins_as_the_probe(encoder: str, tmp_path: Path, system: str) -> None:
    learner = learner_of(encoder, system, tmp_path / "cache", "classifier.skip=true")
    (stage,) = learner.probing()
    assert isinstance(stage, PlainStage)
    told: list[int] = []
    facts = stage.run(tmp_path, lambda: told.append(1))
    assert len(told) == stage.steps - 1
    assert facts["penalty"] in learner.recipe.linear_probe.penalties
    stage.load(tmp_path)
    network, tokens = learner.network.eval(), learner.tokens.train
    with torch.no_grad():
        batch = pad_texts(tokens[:8]["text_ids"])
        seen = network.represented(**batch).pooled
        with np.load(tmp_path / "probe.npz") as kept:
            probe = LinearProbe(*(torch.as_tensor(kept[name]) for name in ("weight", "bias")))
        if system not in ("cl-mil", "laco"):  # the text is the features, which are normalised
            seen = torch.nn.functional.layer_norm(seen, seen.shape[-1:])
        wanted = probe.logits(seen).sigmoid()
        torch.testing.assert_close(network(**batch)["probabilities"], wanted, atol=1e-5, rtol=1e-4)
    assert not torch.allclose(wanted[0], wanted[1])


def test_a_run_keeps_its_facts_and_one_that_goes_on_keeps_its_classifiers(
    encoder: str, tmp_path: Path
) -> None:
    recipe = load_recipe(
        system="bert", overrides=[*FAST, f"encoder.name={encoder}", ON, "training.epochs=1"]
    )
    train(toy_corpus(), recipe, tmp_path / "model")
    stages = read_json(tmp_path / "model" / "metrics.json")["stages"]
    assert list(stages) == ["linear-probe", "multi-task"]
    start = read_start(tmp_path / "model")
    learner = learner_of(encoder, "bert", tmp_path / "cache")
    learner.take_up(start)
    assert not learner.probing()
    assert any("probe is left out: the classifiers are those of" in one for one in learner.notes)


def test_classifiers_that_do_not_read_the_text_are_left_as_they_are(
    encoder: str, tmp_path: Path
) -> None:
    learner = learner_of(encoder, "cl-mil", tmp_path / "cache", "classifier.skip=false")
    assert not learner.probing()
    assert any("set classifier.skip=true" in sentence for sentence in learner.notes)
    assert not learner_of(encoder, "cl-mil", tmp_path / "other").notes


def test_biases_leave_out_what_a_loss_for_rare_labels_adds(encoder: str, tmp_path: Path) -> None:
    balance = ("balance.enabled=true", "balance.loss=logit_adjusted")
    learner = learner_of(encoder, "bert", tmp_path / "cache", *balance)
    (stage,) = learner.probing()
    stage.run(tmp_path, lambda: None)
    stage.load(tmp_path)
    with np.load(tmp_path / "probe.npz") as kept:
        wanted = torch.as_tensor(kept["bias"]) - learner.network.balance.shift()
    torch.testing.assert_close(learner.network.plain_head.linear.bias.detach(), wanted)
    assert learner.network.balance.shift().abs().max() > 0.1


def test_what_was_fitted_is_not_fitted_again(encoder: str, tmp_path: Path) -> None:
    learner = learner_of(encoder, "bert", tmp_path / "cache")
    (stage,) = learner.probing()
    first = run_plain(stage, tmp_path / "stage", Silent())
    weights = learner.network.plain_head.linear.weight.clone()
    learner.build()
    (again,) = learner.probing()
    assert run_plain(again, tmp_path / "stage", Silent()) == first
    assert torch.equal(learner.network.plain_head.linear.weight, weights)
