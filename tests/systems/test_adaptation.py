"""The stage in which an encoder reads the task's texts, in front of every system over one."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer

from clmil.data.corpus import Corpus, from_lists
from clmil.data.targets import encode_targets, label_counts
from clmil.errors import RecipeError
from clmil.experiments.cells import CorpusFacts, Settings, make_cell
from clmil.experiments.variants import BERT
from clmil.labels.space import LabelSpace
from clmil.storage.atomic import read_json, write_json
from clmil.storage.encoders import load_encoder
from clmil.systems.encoder_recipe import EncoderRecipe
from clmil.systems.material import Material
from clmil.systems.recipe import known_keys, load_recipe, recipe_model
from clmil.systems.registry import SYSTEMS, family_of
from clmil.systems.stages import GradientStage, Place
from clmil.training.conduct import run_stage
from clmil.training.progress import Silent
from tests.systems.every import tiny_recipe
from tests.tiny import toy_documents

ON = ("adaptation.enabled=true", "adaptation.learning_rate=0.003", "adaptation.head_rate=1")
OVER_ENCODER = [name for name in SYSTEMS if issubclass(recipe_model(name), EncoderRecipe)]


def material(labelled: int = 30) -> Material:
    """Return 40 documents, of which the first are annotated."""
    texts, labels = toy_documents(40, 3)
    given = [names if row < labelled else None for row, names in enumerate(labels)]
    train, validation = from_lists(texts, given), from_lists(*toy_documents(20, 4))
    counts = label_counts(train)
    space = LabelSpace.from_counts(counts, documents=labelled)
    targets, held_out = (
        encode_targets(part, space.names, where="here") for part in (train, validation)
    )
    return Material(
        train=train,
        validation=validation,
        train_targets=targets,
        validation_targets=held_out,
        space=space,
    )


def learner_of(system: str, encoder: str, folder: Path, *more: str, labelled: int = 30) -> Any:
    recipe = tiny_recipe(system, encoder, *more)
    learner: Any = family_of(system).learner(recipe, material(labelled))
    learner.read(folder)
    return learner


def first_stage(learner: Any) -> GradientStage:
    stage = learner.stages(Place())[0]
    assert isinstance(stage, GradientStage)
    return stage


def test_these_are_all_systems_over_an_encoder() -> None:
    assert {"cl-mil", "mil", "bert", "bert-joint", "laco", "cl-bert-knn"} <= set(OVER_ENCODER)
    assert not {"cnn", "sgm", "linear"} & set(OVER_ENCODER)


@pytest.mark.parametrize("system", OVER_ENCODER)
def test_it_comes_first_where_it_is_on(system: str, encoder: str, tmp_path: Path) -> None:
    without = learner_of(system, encoder, tmp_path / "off")
    names = [stage.name for stage in without.stages(Place())]
    assert "adaptation" not in names
    learner = learner_of(system, encoder, tmp_path / "on", *ON)
    assert [stage.name for stage in learner.stages(Place())] == ["adaptation", *names]


def test_the_recipe_knows_it_and_checks_it_at_once() -> None:
    assert "adaptation.share" in known_keys(recipe_model("bert"))
    for fault in ("share=1.0", "share=0", "epochs=0", "max_length=2", "max_step=4"):
        with pytest.raises(RecipeError, match=r"adaptation\."):
            load_recipe(system="laco", overrides=[f"adaptation.{fault}"])
    with pytest.raises(RecipeError, match="adaptation"):
        load_recipe(system="cnn", overrides=["adaptation.enabled=true"])


def test_a_part_that_is_off_makes_no_other_cell() -> None:
    corpus = CorpusFacts(name="toy", source="toy", digest="d", documents=9)

    def key(*overrides: str) -> str:
        return make_cell(corpus, BERT, Settings(overrides=overrides), seed=1).key

    assert key() == key("adaptation.epochs=3") != key("adaptation.enabled=true")


def test_an_encoder_that_cannot_mask_is_refused(encoder: str, tmp_path: Path) -> None:
    folder = tmp_path / "maskless"
    shutil.copytree(encoder, folder)
    config = read_json(folder / "tokenizer_config.json")
    write_json(folder / "tokenizer_config.json", config | {"mask_token": None})
    assert AutoTokenizer.from_pretrained(folder).mask_token_id is None
    with pytest.raises(RecipeError, match=r"maskless.* has no mask token") as told:
        learner_of("bert", str(folder), tmp_path / "cache", *ON)
    assert "\n" not in str(told.value)
    learner_of("bert", str(folder), tmp_path / "cache")


@pytest.mark.parametrize(
    ("more", "steps", "every"),
    [((), 50, 5), (("adaptation.max_steps=3",), 3, 3), (("adaptation.max_steps=12",), 12, 4)],
)
def test_steps_and_validations(
    more: tuple[str, ...], steps: int, every: int, encoder: str, tmp_path: Path
) -> None:
    settings = first_stage(learner_of("bert", encoder, tmp_path, *ON, *more)).settings
    assert (settings["max_steps"], settings["eval_steps"]) == (steps, every)


def test_special_tokens_in_a_text_are_never_asked_for(encoder: str, tmp_path: Path) -> None:
    learner = learner_of("bert", encoder, tmp_path, *ON)
    masking = first_stage(learner).model.masking  # type: ignore[union-attr]
    tokenizer = load_encoder(encoder).tokenizer
    assert not masking.ordinary[tokenizer.all_special_ids].any()
    assert masking.mask == tokenizer.mask_token_id
    assert masking.ordinary.sum() == len(tokenizer) - len(tokenizer.all_special_ids)


def test_the_loss_falls_and_the_encoder_alone_changes(encoder: str, tmp_path: Path) -> None:
    learner = learner_of("mil", encoder, tmp_path / "cache", *ON, "adaptation.epochs=6")
    stage = first_stage(learner)
    before = {name: value.clone() for name, value in learner.network.state_dict().items()}
    facts = run_stage(stage, tmp_path / "stage", Silent())
    losses = [row["eval_loss"] for row in facts["validations"]]
    assert losses[-1] < losses[0] - 0.1
    assert before.keys() == learner.network.state_dict().keys()
    for name, value in learner.network.state_dict().items():
        assert torch.equal(value, before[name]) != name.startswith("encoder."), name


def test_texts_without_annotation_take_part(encoder: str, tmp_path: Path) -> None:
    learner = learner_of("bert", encoder, tmp_path / "cache", *ON, labelled=30)
    adaptation, fit = learner.stages(Place())

    def read(stage: GradientStage) -> list[int]:
        return sorted(row for rows in stage.data.train_batches for row in rows)

    assert read(adaptation) == list(range(40))
    assert read(fit) == list(range(30))


def test_validation_asks_the_same_whenever_it_is_asked(encoder: str, tmp_path: Path) -> None:
    stage = first_stage(learner_of("bert", encoder, tmp_path, *ON))
    data: Any = stage.data.validation
    rows = next(iter(stage.data.validation_batches))
    first, second = (data.__getitems__(rows) for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert (first["asked"] >= 0).any()


def corpus(unlabelled: list[str]) -> Corpus:
    texts, labels = toy_documents(40, 3)
    part = from_lists([*texts, *unlabelled], [*labels, *([None] * len(unlabelled))])
    held_out = from_lists(*toy_documents(20, 4))
    return Corpus(name="toy", train=part, validation=held_out, test=None, descriptions={}, notes=())


def test_other_words_in_texts_without_annotation_give_other_weights(
    encoder: str, tmp_path: Path
) -> None:
    """They change nothing without adaptation (`test_partial.py`)."""
    from safetensors.torch import load_file

    from clmil.training.run import train

    more = (*ON, "adaptation.epochs=1", "training.epochs=1")
    first = corpus(toy_documents(8, 8)[0])
    second = replace(first, train=corpus(toy_documents(8, 9)[0]).train)
    made = []
    for name, one in (("first", first), ("second", second)):
        result = train(one, tiny_recipe("bert", encoder, *more), tmp_path / name)
        assert list(result.metrics["stages"]) == ["adaptation", "multi-task"]
        made.append(load_file(tmp_path / name / "model.safetensors"))
    table = "encoder.embeddings.word_embeddings.weight"
    assert not np.allclose(made[0][table], made[1][table])
    assert made[0].keys() == made[1].keys()
    assert not any("masking" in name or name.startswith("head.") for name in made[0])
    card = (tmp_path / "first" / "README.md").read_text(encoding="utf-8")
    assert "adapted to the training texts by masked language modelling" in card
