"""Weights taken over label by label, and nothing else bent to fit."""

import pytest
import torch

from clmil.errors import ModelError
from clmil.nn.config import ClMilConfig
from clmil.nn.model import ClMilModel
from clmil.nn.network import Network
from clmil.nn.settings import NetworkSettings
from clmil.nn.transfer import ONE_A_LABEL, transfer
from tests.tiny import tiny_network

OLD, NEW = ("a", "b", "c", "d"), ("x", "c", "a", "y", "d")


def network(labels: int, seed: int, **settings: object) -> ClMilModel:
    """Return a tiny network, with other settings where some are given."""
    torch.manual_seed(seed)
    if not settings:
        return tiny_network(labels).eval()
    base = tiny_network(labels).config
    merged = {**(base.network or {}), **settings}
    return ClMilModel(
        ClMilConfig(
            encoder=base.encoder,
            network=NetworkSettings.model_validate(merged).model_dump(mode="json"),
            label_count=labels,
            special=base.special,
        )
    ).eval()


def probabilities(one: Network) -> torch.Tensor:
    ids = torch.tensor([[5, 6, 7, 8], [9, 10, 0, 0]])
    with torch.no_grad():
        found = one(ids, torch.tensor([4, 2])).probabilities
    assert found is not None
    return found


def test_the_same_labels_give_the_same_predictions():
    old, new = network(4, 0), network(4, 1)
    report = transfer(old, OLD, new, OLD)
    assert (report.kept, report.fresh, report.dropped) == (OLD, (), ())
    assert torch.equal(probabilities(old), probabilities(new))


def test_rows_follow_their_labels_and_new_ones_stay():
    old, new, before = network(4, 0), network(5, 1), network(5, 1)
    report = transfer(old, OLD, new, NEW)
    assert report.kept == ("c", "a", "d")
    assert (report.fresh, report.dropped) == (("x", "y"), ("b",))
    kept, taken, fresh = [1, 2, 4], [2, 0, 3], [0, 3]
    for name, values in new.state_dict().items():
        first, second = old.state_dict().get(name), before.state_dict()[name]
        if name not in ONE_A_LABEL and name not in ("label_order", "strong"):
            assert torch.equal(values, first), name
        elif name in ONE_A_LABEL:
            assert torch.equal(values[fresh], second[fresh]), name
            if name != "fil.conv.weight":
                assert torch.equal(values[kept], first[taken]), name
    conv, was, start = new.fil.conv.weight, old.fil.conv.weight, before.fil.conv.weight
    assert torch.equal(conv[1, 4], was[2, 3])  # c to d
    assert torch.equal(conv[1, 0], start[1, 0])  # c to the new x


def test_another_loss_is_no_other_network():
    on = {"balance": {"enabled": True}, "rdrop": {"enabled": True}}
    for first, second in (({}, on), (on, {}), (on, on)):
        old, new = network(4, 0, **first), network(4, 1, **second)
        for one, count in ((old, 3), (new, 5)):
            if one.balance is not None:
                one.balance.counts.fill_(count)
        transfer(old, OLD, new, OLD)
        assert torch.equal(probabilities(old), probabilities(new))
        assert new.balance is None or (new.balance.counts == 5).all()


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ({}, {"cil": {"enabled": False}}, "do not have the same parts"),
        ({}, {"cil": {"heads": 2, "width": 8}}, "have the shape|not have the same parts"),
    ],
)
def test_another_recipe_is_told(first, second, message):
    old, new = network(4, 0, **first), network(4, 1, **second)
    before = probabilities(new)
    with pytest.raises(ModelError, match=message):
        transfer(old, OLD, new, OLD)
    assert torch.equal(probabilities(new), before)


def test_no_common_label_is_told():
    with pytest.raises(ModelError, match="share no label"):
        transfer(network(4, 0), OLD, network(2, 1), ("y", "z"))
