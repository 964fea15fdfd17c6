"""A network without transformers is the same function with the same weights."""

from collections.abc import Callable

import pytest
import torch

from clmil.nn.bert import Bert, is_light
from clmil.nn.light import LightModel
from clmil.nn.model import ClMilModel
from tests.nn.conftest import encoder_config


def light(model: ClMilModel) -> LightModel:
    network = LightModel(model.config.to_dict())
    network.load_state_dict(model.state_dict())
    return network.eval()


@pytest.mark.parametrize("kind", ["bert", "roberta"])
@pytest.mark.parametrize("joint", [True, False])
def test_same_probabilities_from_the_same_weights(
    build: Callable[..., ClMilModel], kind: str, joint: bool
) -> None:
    off = {} if joint else {part: {"enabled": False} for part in ("fil", "cil", "clrl")}
    model = build(kind, labels={"joint": joint}, **off)
    texts, lengths = torch.randint(3, 60, (4, 9)), torch.tensor([9, 4, 0, 1])
    with torch.no_grad():
        first, second = model(texts, lengths), light(model)(texts, lengths)
    torch.testing.assert_close(second.probabilities, first.probabilities, atol=1e-6, rtol=0)


def test_its_configuration_is_kept_as_it_was(build: Callable[..., ClMilModel]) -> None:
    values = build("bert").config.to_dict()
    assert LightModel(values).values == values


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"hidden_act": "gelu_new"}, False),
        ({"position_embedding_type": "relative_key"}, False),
        ({"is_decoder": True}, False),
        ({"model_type": "mpnet"}, False),
    ],
)
def test_only_what_is_known_to_be_equal_is_light(changes: dict, expected: bool) -> None:
    assert is_light(encoder_config("bert", 16, 1, 24).to_dict() | changes) is expected


def test_weights_bear_the_names_of_transformers(build: Callable[..., ClMilModel]) -> None:
    model = build("bert")
    assert set(Bert(model.config.encoder).state_dict()) == set(model.encoder.state_dict())
