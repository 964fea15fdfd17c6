"""From texts to an encoder folder; resuming, alone and in front of a system."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from clmil.data.corpus import Corpus, from_lists
from clmil.errors import DataError, ModelError, RecipeError
from clmil.reports.geometry import geometry
from clmil.storage.adapted import read_adaptation
from clmil.storage.encoders import load_encoder
from clmil.systems.recipe import load_recipe
from clmil.training.adapt import Adapting, adapt
from clmil.training.progress import Silent
from clmil.training.run import train
from tests.tiny import FAST, toy_corpus, toy_documents
from tests.training.test_run import Interrupting, same, weights

ON = ("adaptation.enabled=true", "adaptation.learning_rate=0.002", "adaptation.epochs=2")


def recipe(encoder: str, *more: str) -> Any:
    overrides = [*FAST, *ON, f"encoder.name={encoder}", "training.epochs=1", *more]
    return load_recipe("default", system="bert", overrides=overrides)


def texts(number: int = 60) -> Corpus:
    """Return texts of which nobody has annotated any."""
    part = from_lists(toy_documents(number, 0)[0], [None] * number)
    return Corpus(name="toy", train=part, validation=None, test=None, descriptions={}, notes=())


def how(**more: Any) -> Adapting:
    return Adapting(measure=lambda vectors: geometry(vectors).to_json(), **more)


@pytest.fixture(scope="module")
def adapted(encoder: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("adapted") / "encoder"
    adapt(texts(), recipe(encoder), folder, how())
    return folder


def test_the_folder_is_an_encoder(adapted: Path, encoder: str) -> None:
    first, second = load_encoder(encoder), load_encoder(str(adapted))
    assert first.special == second.special
    assert first.tokenizer.get_vocab() == second.tokenizer.get_vocab()
    assert first.tokenizer.mask_token_id == second.tokenizer.mask_token_id
    assert first.model.config.hidden_dropout_prob == second.model.config.hidden_dropout_prob
    before, after = first.model.state_dict(), second.model.state_dict()
    assert before.keys() == after.keys()
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert "embeddings.word_embeddings.weight" in moved
    assert not any(name.startswith("pooler") for name in moved)
    left = {file.name for file in (adapted / "training").iterdir()}
    assert left == {"lock", "run.json"}


def test_it_says_what_was_done(adapted: Path, encoder: str) -> None:
    facts = read_adaptation(adapted)
    assert facts is not None
    assert facts["encoder"] == encoder
    documents = facts["documents"]
    assert documents["train"] + documents["validation"] == 60
    assert facts["steps"] == 2 * -(-documents["train"] // 8)
    assert facts["validation_loss"]["after"] < facts["validation_loss"]["before"]
    for when in ("before", "after"):
        for pooling in ("mean", "cls"):
            assert facts["geometry"][when][pooling]["documents"] == documents["validation"]
    assert facts["geometry"]["before"] != facts["geometry"]["after"]


def test_geometry_is_that_of_the_encoder_itself(adapted: Path, encoder: str) -> None:
    """By transformers' own forward pass, a text at a time."""
    drawn: list[np.ndarray] = []
    loaded = load_encoder(encoder)
    number = 6

    def keep(vectors: np.ndarray) -> dict[str, Any]:
        drawn.append(vectors)
        return {}

    corpus = texts()
    validation = corpus.train.select(range(number))
    held = Corpus(
        name="toy",
        train=corpus.train,
        validation=validation,
        test=None,
        descriptions={},
        notes=(),
    )
    folder = adapted.parent / "again"
    adapt(held, recipe(encoder, "adaptation.max_steps=1"), folder, Adapting(measure=keep))
    after = load_encoder(str(folder))
    for model, (mean, cls) in ((loaded, drawn[:2]), (after, drawn[2:])):
        for row, text in enumerate(validation["text"]):
            ids = [2, *model.tokenizer(text, add_special_tokens=False)["input_ids"], 3]
            with torch.no_grad():
                states = model.model.eval()(torch.tensor([ids])).last_hidden_state[0].numpy()
            np.testing.assert_allclose(mean[row], states.mean(axis=0), atol=1e-5)
            np.testing.assert_allclose(cls[row], states[0], atol=1e-5)


@pytest.mark.parametrize("after", [4, 11])
def test_an_interrupted_adaptation_resumes_to_the_same_weights(
    encoder: str, adapted: Path, tmp_path: Path, after: int
) -> None:
    folder = tmp_path / "encoder"
    with pytest.raises(KeyboardInterrupt):
        adapt(texts(), recipe(encoder), folder, how(progress=Interrupting(after)))
    with pytest.raises(ModelError, match="--resume"):
        adapt(texts(), recipe(encoder), folder, how())
    assert read_adaptation(folder) is None
    adapt(texts(), recipe(encoder), folder, how(resume=True))
    assert same(weights(adapted), weights(folder))
    first, second = (read_adaptation(at) or {} for at in (adapted, folder))
    assert first["validation_loss"] == second["validation_loss"]
    assert first["geometry"] == second["geometry"]


def test_a_run_with_adaptation_resumes_to_the_undisturbed_weights(
    encoder: str, tmp_path: Path
) -> None:
    # 20 steps of adaptation and 10 of the labels; checkpoints every 3.
    class Telling(Silent):
        stages: tuple[str, ...] = ()

        def stage(self, name: str, steps: int) -> None:
            self.stages += (f"{name} {steps}",)

    told = Telling()
    train(toy_corpus(), recipe(encoder), tmp_path / "undisturbed", progress=told)
    assert told.stages == ("adaptation 20", "multi-task 10")
    for after in (2, 14, 25):
        folder = tmp_path / str(after)
        with pytest.raises(KeyboardInterrupt):
            train(toy_corpus(), recipe(encoder), folder, progress=Interrupting(after))
        train(toy_corpus(), recipe(encoder), folder, resume=True)
        assert same(weights(tmp_path / "undisturbed"), weights(folder))


def test_a_system_starts_from_the_adapted_encoder(adapted: Path, tmp_path: Path) -> None:
    from clmil.systems.registry import family_of
    from tests.systems.test_adaptation import material

    plain = load_recipe(system="bert", overrides=[*FAST, f"encoder.name={adapted}"])
    learner: Any = family_of("bert").learner(plain, material())
    stored = load_file(adapted / "model.safetensors")
    for name, value in learner.network.encoder.state_dict().items():
        assert torch.equal(value, stored[name]), name


def test_what_is_there_is_kept_unless_told(adapted: Path, encoder: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"exists.*--overwrite"):
        adapt(texts(), recipe(encoder), adapted, how())
    with pytest.raises(DataError, match="one text alone"):
        adapt(texts(1), recipe(encoder), tmp_path / "new", how())
    assert not (tmp_path / "new").exists()


def test_several_processes_are_refused(
    encoder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCAL_RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(RecipeError, match="one process"):
        adapt(texts(), recipe(encoder), tmp_path / "new", how())
