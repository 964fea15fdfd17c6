"""The model card tells what the model is, to people and to the hub."""

import numpy as np
import pytest
import yaml
from huggingface_hub import ModelCard, ModelCardData

from clmil.decisions.calibration import Temperature
from clmil.decisions.rule import DecisionRule
from clmil.labels.space import LabelSpace
from clmil.storage.card import model_card, with_decisions

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
METRICS = {
    "validation": {"documents": 200, "micro_f1": 0.81239, "hamming_loss": 0.1},
    "documents": {"train": 2000, "validation": 200},
    "lengths": {"median": 120, "p95": 240, "full": 0.0315},
}


def card(recipe=RECIPE, encoder="minilm", space=SPACE, **more):
    return model_card(
        system="dil",
        about={"reads": "It reads the first 256 tokens.", "parts": "fil, cil", "encoder": encoder},
        space=space,
        recipe=recipe,
        metrics=more.pop("metrics", METRICS),
        version="0.1.0",
        paper="Somebody 2020",
    )


@pytest.mark.parametrize(
    "part",
    [
        "which of 2 labels",
        "system `dil`, on the encoder `minilm`",
        "- train: 2,000 documents",
        "labels of a document: 0.60 on average",
        "120 (median), 240 (95 % have no more); 3.1% fill the room",
        "2 labels: 1 head, 0 mid, 1 tail.",
        "| billing | head | 1,200 | About money. |",
        "| a\\|b | tail | 3 |  |",
        "| micro f1 | 0.8124 |",
        "| documents | 200 |",
        "- parts: fil, cil\n",
        "seed 5, at most 20 epochs",
        "first 256 tokens",
        "rare labels, with few training documents: a\\|b (3).",
        "another domain",
        "Languages were not checked",
        "licence of the training data is not known",
        "The method: Somebody 2020.",
        "clmil predict",
        "classifier = load(",
    ],
)
def test_facts(part):
    assert part in card()


def test_of_many_rare_labels_the_rarest_are_named():
    counts = (900, *range(30, 18, -1))
    names = tuple(f"label {count}" for count in counts)
    many = LabelSpace(names=names, descriptions=("",) * 13, counts=counts, documents=2000)
    text = card(space=many)
    assert "documents: label 19 (19), label 20 (20)," in text
    assert "label 28 (28) and 2 more." in text
    common = LabelSpace(names=("a", "b"), descriptions=("", ""), counts=(9, 9), documents=10)
    assert "rare labels" not in card(space=common)


def test_a_system_without_an_encoder():
    text = card({"seed": 1}, encoder=None)
    assert "system `dil`." in text
    assert "- seed 1\n" in text
    assert "encoder" not in text.split("## Limits")[1]


def test_the_hub_can_read_it():
    data = ModelCard(card()).data
    assert isinstance(data, ModelCardData)
    assert (data.library_name, data.pipeline_tag) == ("clmil", "text-classification")
    assert {"clmil", "multi-label", "dil"} <= set(data.tags)
    assert data.base_model == "sentence-transformers/all-MiniLM-L6-v2"
    assert data.license == "unknown"
    (result,) = data.eval_results
    assert (result.metric_type, result.metric_name) == ("f1", "Micro-F1 at 0.5")
    assert (result.metric_value, result.dataset_split) == (0.8124, "validation")
    assert "model-index" in yaml.safe_load(card().split("---")[1])


def test_without_scores_there_is_no_model_index():
    text = card(metrics={})
    assert "model-index" not in text
    assert ModelCard(text).data.library_name == "clmil"


@pytest.mark.parametrize(
    ("encoder", "base"),
    [("google-bert/bert-base-uncased", True), ("/some/where/mine", False), ("./here/mine", False)],
)
def test_a_folder_is_no_base_model_and_its_path_stays_here(encoder, base):
    text = card(encoder=encoder)
    assert ModelCard(text).data.base_model == (encoder if base else None)
    assert ("/some/where" in text) is False
    assert ("`mine`" in text) is not base


def test_decisions_by_hand_and_their_replacement():
    by_hand = with_decisions(card(), DecisionRule.fixed(2))
    assert "- A label is predicted above a probability of 0.5; it was fixed" in by_hand
    assert "are not calibrated" in by_hand
    chosen = DecisionRule(
        thresholds=np.array([0.25, 0.5]),
        calibration=Temperature(slopes=np.ones(2), biases=np.zeros(2)),
        never_empty=True,
        chosen={
            "documents": 1200,
            "objective": "macro-f1",
            "calibration": {"before": {"adaptive_above": 0.1}, "after": {"adaptive_above": 0.02}},
            "cross_validated": {"chosen": {"micro_f1": 0.7, "macro_f1": 0.6, "score": 0.6}},
        },
    )
    text = with_decisions(by_hand, chosen)
    for part in (
        "from 0.25 to 0.5 (`labels.json`), chosen for macro-f1 on 1,200 labelled documents.",
        "calibrated (temperature); their adaptive error on cells above 0.01 is 0.0200",
        "was 0.1000",
        "no label over its threshold gets the one",
        "as chosen: micro 0.7000, macro 0.6000",
    ):
        assert part in text
    assert "it was fixed" not in text
    assert with_decisions(text, DecisionRule.fixed(2)) == by_hand


def test_what_is_edited_outside_of_decisions_stays():
    edited = with_decisions(card(), DecisionRule.fixed(2)).replace(
        "## Limits\n", "## Mine\n\nOurs.\n"
    )
    again = with_decisions(edited, DecisionRule.fixed(2, at=0.3))
    assert again.replace("probability of 0.3", "probability of 0.5") == edited
    assert "## Mine\n\nOurs.\n" in again


def test_a_card_of_somebody_else_is_left_alone():
    assert with_decisions("# Mine\n", DecisionRule.fixed(2)) == "# Mine\n"
