"""Building the network: label rows, priors, relations, the room for text."""

import numpy as np
import pytest
import torch

from clmil.errors import DataError, RecipeError
from clmil.labels.relations import LabelRelations
from clmil.labels.space import LabelSpace
from clmil.storage.encoders import load_encoder
from clmil.systems.budget import text_budget
from clmil.systems.encoder_network import build_network, label_rows
from clmil.systems.recipe import load_recipe
from tests.tiny import FAST

NAMES = {"fruit": 6, "metal": 3, "sea": 1}
TARGETS = np.array([[1, 1, 0]] * 3 + [[1, 0, 0]] * 3 + [[0, 0, 1]] + [[0, 0, 0]] * 3)


@pytest.fixture
def space() -> LabelSpace:
    return LabelSpace.from_counts(NAMES, documents=10, descriptions={"sea": "wave and tide"})


def test_names_start_label_rows(encoder: str, space: LabelSpace) -> None:
    loaded = load_encoder(encoder)
    table = loaded.model.get_input_embeddings().weight.detach()
    rows = label_rows("name_mean", loaded, space)
    words = loaded.tokenizer("sea wave and tide", add_special_tokens=False)["input_ids"]
    expected = table[words].mean(dim=0)
    assert torch.cosine_similarity(rows[2], expected, dim=0).item() == pytest.approx(1)
    norms = rows.norm(dim=1)
    torch.testing.assert_close(norms, table.norm(dim=1).mean().expand(3))


def test_unused_rows_are_the_vocabularys_own(encoder: str, space: LabelSpace) -> None:
    loaded = load_encoder(encoder)
    ids = [loaded.tokenizer.get_vocab()[f"[unused{k}]"] for k in range(3)]
    table = loaded.model.get_input_embeddings().weight
    assert torch.equal(label_rows("unused", loaded, space), table[ids])
    many = LabelSpace.from_counts({f"l{k}": 1 for k in range(20)}, documents=40)
    with pytest.raises(DataError, match=r"20 unused rows.*name_mean"):
        label_rows("unused", loaded, many)


def test_network_takes_weights_relations_and_priors(encoder: str, space: LabelSpace) -> None:
    loaded = load_encoder(encoder)
    relations = LabelRelations.fit(TARGETS)
    network = build_network(load_recipe(overrides=FAST), loaded, space, relations)
    stored = loaded.model.state_dict()
    for name, value in network.encoder.state_dict().items():
        assert torch.equal(value, stored[name]), name
    assert network.strong.tolist() == relations.strong.tolist()
    expected = np.log((np.array([6, 3, 1]) + 0.5) / (10 - np.array([6, 3, 1]) + 0.5))
    np.testing.assert_allclose(network.fil_head.linear.bias.detach(), expected, rtol=1e-5)


def test_losses_for_rare_labels_take_their_counts_and_start_at_the_priors(
    encoder: str, space: LabelSpace
) -> None:
    loaded, relations = load_encoder(encoder), LabelRelations.fit(TARGETS)
    counts = np.array([6, 3, 1])
    odds = np.log((counts + 0.5) / (10 - counts + 0.5))
    for loss, share in (("logit_adjusted", 1.0), ("distribution_balanced", 0.05), ("focal", 0.0)):
        wanted = [*FAST, "balance.enabled=true", f"balance.loss={loss}"]
        network = build_network(load_recipe(overrides=wanted), loaded, space, relations)
        assert network.balance.counts.tolist() == [[6, 3, 1], [10, 10, 10]]
        np.testing.assert_allclose(network.balance.shift(), share * odds, rtol=1e-5)
        for head in (network.fil_head, network.cil_head):
            seen = head.linear.bias.detach() + network.balance.shift()
            np.testing.assert_allclose(seen, odds, rtol=1e-5)


def test_documents_that_nobody_judged_do_not_count(encoder: str, space: LabelSpace) -> None:
    known = space.knowing(np.array([[0, 0, -1]] * 4 + [[0, 0, 0]] * 6))
    wanted = load_recipe(overrides=[*FAST, "balance.enabled=true"])
    network = build_network(wanted, load_encoder(encoder), known, LabelRelations.fit(TARGETS))
    assert network.balance.counts.tolist() == [[6, 3, 1], [10, 10, 6]]


def test_label_order_changes_the_layout_not_the_columns(encoder: str, space: LabelSpace) -> None:
    loaded = load_encoder(encoder)
    overrides = [*FAST, "labels.order=seed", "labels.order_seed=4"]
    relations = LabelRelations.fit(TARGETS)
    network = build_network(load_recipe(overrides=overrides), loaded, space, relations)
    assert network.label_order.tolist() == space.order("seed", 4).tolist()
    assert torch.equal(network.label_table.weight, label_rows("name_mean", loaded, space))


@pytest.mark.parametrize(("labels", "window", "expected"), [(54, 512, 263), (103, 512, 214)])
def test_room_for_text_is_what_the_paper_had(labels: int, window: int, expected: int) -> None:
    assert text_budget(load_recipe("paper").network(), labels, window) == expected


def test_each_window_has_room_for_text() -> None:
    recipe = load_recipe("paper", overrides=["encoder.windows=3"])
    assert text_budget(recipe.network(), 54, 512) == 3 * 263
    with pytest.raises(DataError, match="300 labels leave room for 17 of 320"):
        text_budget(recipe.network(), 300, 512)


def test_more_labels_than_fit_are_told_with_a_way_out() -> None:
    with pytest.raises(DataError, match=r"300 labels leave room.*the system `bert`"):
        text_budget(load_recipe("paper").network(), 300, 512)
    assert text_budget(load_recipe("paper", system="bert").network(), 300, 512) == 318


def test_labels_that_do_not_see_the_text_take_no_room() -> None:
    apart = load_recipe("paper", overrides=["labels.see_text=false"]).network()
    assert text_budget(apart, 300, 512) == 318
    assert text_budget(apart, 509, 512) == 318
    with pytest.raises(DataError, match=r"510 labels.*into 512.*labels.positions=shared"):
        text_budget(apart, 510, 512)
    fixed = load_recipe("paper", overrides=["labels.see_text=false", "labels.positions=fixed"])
    with pytest.raises(DataError, match=r"318 labels.*into 320.*labels.positions=shared"):
        text_budget(fixed.network(), 318, 512)
    shared = ["labels.see_text=false", "labels.positions=shared"]
    assert text_budget(load_recipe("paper", overrides=shared).network(), 4000, 512) == 318
    alone = load_recipe("paper", system="bert", overrides=["labels.see_text=false"])
    assert text_budget(alone.network(), 4000, 512) == 318


def test_labels_apart_need_an_encoder_that_can_be_packed(
    encoder: str, space: LabelSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load_encoder(encoder)
    monkeypatch.setattr(loaded.model.config, "model_type", "mpnet")
    recipe = load_recipe(overrides=[*FAST, "labels.see_text=false"])
    with pytest.raises(RecipeError, match=r"labels.see_text=false needs .* is a mpnet"):
        build_network(recipe, loaded, space, LabelRelations.fit(TARGETS))
