"""Settings: the paper's values are the defaults, and mistakes are refused."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from pydantic import ValidationError

from clmil.nn.model import ClMilModel
from clmil.nn.settings import NetworkSettings

Build = Callable[..., ClMilModel]


def test_defaults_are_the_papers_values() -> None:
    settings = NetworkSettings()
    assert (settings.loss.alpha, settings.loss.beta, settings.loss.clrl) == (1.0, 1.0, 0.35)
    assert settings.classifier.gamma == 0.5
    assert settings.encoder.max_length == 320
    assert len(settings.cil.dilations) == 15
    assert settings.fil.enabled
    assert settings.cil.enabled
    assert settings.clrl.enabled
    assert settings.labels.joint


def test_settings_survive_json() -> None:
    settings = NetworkSettings.model_validate(
        {"cil": {"dilations": [1, 4], "width": 8}, "labels": {"positions": "shared"}}
    )
    assert NetworkSettings.model_validate_json(settings.model_dump_json()) == settings
    assert NetworkSettings.model_validate(settings.model_dump(mode="json")) == settings


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        NetworkSettings().loss.alpha = 2.0  # type: ignore[misc]


@pytest.mark.parametrize(
    "wrong",
    [
        {"unknown": 1},
        {"fil": {"kernal": 3}},
        {"fil": {"kernel": 0}},
        {"fil": {"pooling": "median"}},
        {"cil": {"dilations": [1, 0]}},
        {"cil": {"gate_dropout": 1.0}},
        {"cil": {"gate_bias": float("nan")}},
        {"classifier": {"gamma": 1.5}},
        {"classifier": {"dropout": -0.1}},
        {"clrl": {"pairs": 0}},
        {"loss": {"alpha": -1.0}},
        {"balance": {"loss": "hinge"}},
        {"balance": {"asymmetric": {"margin": 1.0}}},
        {"balance": {"gamma_negative": 4.0}},
        {"rdrop": {"weight": -1.0}},
        {"loss": {"clrl": float("inf")}},
        {"labels": {"segment": 2}},
        {"encoder": {"max_length": 0}},
    ],
)
def test_mistakes_are_refused_where_they_stand(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        NetworkSettings.model_validate(wrong)
    assert caught.value.errors()[0]["loc"][0] == next(iter(wrong))


@pytest.mark.parametrize("kind", ["bert", "roberta", "mpnet", "distilbert"])
def test_recipe_dropout_reaches_the_encoder(build: Build, kind: str) -> None:
    still = build(kind, encoder={"hidden_dropout": 0.0, "attention_dropout": 0.0}).train()
    shaken = build(kind, encoder={"hidden_dropout": 0.4, "attention_dropout": 0.0}).train()
    text = torch.randint(5, 60, (2, 6)), torch.tensor([6, 6])
    assert torch.equal(still.represent(*text), still.represent(*text))
    assert not torch.equal(shaken.represent(*text), shaken.represent(*text))
    rates = {m.p for m in shaken.encoder.modules() if isinstance(m, torch.nn.Dropout)}
    assert rates <= {0.0, 0.4}
