"""The model card tells what the model is."""

from clmil.labels.space import LabelSpace
from clmil.storage.card import model_card

SPACE = LabelSpace(
    names=("billing", "a|b"), descriptions=("About money.", ""), counts=(1200, 3), documents=2000
)
RECIPE = {
    "seed": 5,
    "encoder": {"max_length": 256},
    "contrastive": {"enabled": False},
    "fil": {"enabled": True},
    "cil": {"enabled": True},
    "training": {"epochs": 20, "batch_size": 32, "learning_rate": 1e-4},
}


def card(recipe=RECIPE):
    return model_card(
        system="dil",
        encoder="minilm",
        space=SPACE,
        recipe=recipe,
        metrics={
            "validation": {"documents": 200, "micro_f1": 0.81239},
            "documents": {"train": 2000, "validation": 200},
        },
        version="0.1.0",
    )


def test_facts():
    text = card()
    for part in (
        "which of 2 labels",
        "system `dil`, on the encoder `minilm`",
        "- train: 2,000 documents",
        "| billing | 1,200 | About money. |",
        "| a\\|b | 3 |  |",
        "| micro f1 | 0.8124 |",
        "| documents | 200 |",
        "- parts: fil, cil\n",
        "seed 5, at most 20 epochs",
        "first 256 tokens",
        "clmil predict",
        "classifier = load(",
    ):
        assert part in text


def test_a_plain_classifier():
    bare = {key: value for key, value in RECIPE.items() if key not in ("fil", "cil")}
    assert "- parts: a plain classifier\n" in card(bare)
