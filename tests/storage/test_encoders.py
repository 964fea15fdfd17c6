"""Finding encoders: aliases, folders and hub ids, without a network."""

from pathlib import Path

import pytest

import clmil.storage.encoders as encoders
from clmil.errors import MissingExtraError, ModelError
from clmil.storage.encoders import load_encoder, locate_encoder, special_tokens
from tests.tiny import save_encoder


def test_a_folder_loads_with_its_special_tokens(tmp_path: Path) -> None:
    loaded = load_encoder(save_encoder(tmp_path))
    assert loaded.special == {"cls": 2, "sep": 3, "pad": 0, "position_offset": 0}
    assert loaded.tokenizer("apple pear", add_special_tokens=False)["input_ids"] == [23, 24]


def test_positions_of_robertas_kin_start_after_their_padding_id() -> None:
    from types import SimpleNamespace

    from transformers import RobertaConfig, RobertaModel

    model = RobertaModel(
        RobertaConfig(
            vocab_size=10,
            hidden_size=8,
            num_hidden_layers=1,
            num_attention_heads=1,
            intermediate_size=8,
        )
    )
    tokenizer = SimpleNamespace(cls_token_id=0, sep_token_id=2, pad_token_id=1)
    assert special_tokens(model, tokenizer)["position_offset"] == 2


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/at/all", "a/b/c"])
def test_a_missing_folder_is_told(name: str) -> None:
    with pytest.raises(ModelError, match="does not exist"):
        locate_encoder(name)


def test_a_folder_without_a_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no config\.json"):
        locate_encoder(str(tmp_path))


def test_a_hub_id_that_cannot_be_reached_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import transformers

    def offline(*_: object, **__: object) -> None:
        raise OSError("We couldn't connect to the hub.\nMore lines.")

    monkeypatch.setattr(transformers.AutoModel, "from_pretrained", offline)
    with pytest.raises(ModelError, match=r"nobody/nothing.*couldn't connect to the hub\)"):
        load_encoder("nobody/nothing")


def test_a_hub_id_is_passed_on_as_it_is() -> None:
    assert locate_encoder("google-bert/bert-base-uncased") == "google-bert/bert-base-uncased"


def test_the_packaged_encoder_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoders, "MINILM_SHA256", "0" * 64)
    if encoders.importlib.util.find_spec(encoders.MINILM_PACKAGE) is None:
        pytest.skip("the package of the embedded encoder is not installed")
    with pytest.raises(ModelError, match="not the published ones"):
        locate_encoder("minilm")


def test_the_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoders, "MINILM_PACKAGE", "no_such_package_here")
    with pytest.raises(MissingExtraError, match=r"clmil\[offline\]"):
        locate_encoder("minilm")
