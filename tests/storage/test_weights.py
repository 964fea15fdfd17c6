"""Networks are read without transformers where that is known to be the same."""

from pathlib import Path

import pytest
import torch

from clmil.errors import ModelError
from clmil.nn.light import LightModel
from clmil.nn.model import ClMilModel
from clmil.storage.weights import load_network, save_network
from tests.tiny import tiny_network


def test_light_network_with_the_same_weights_and_function(tmp_path: Path) -> None:
    model = tiny_network().eval()
    save_network(model, tmp_path)
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    network = load_network(tmp_path)
    assert torch.equal(torch.rand(2), expected), "loading must not touch torch's generator"
    assert isinstance(network, LightModel)
    texts, lengths = torch.randint(5, 40, (2, 6)), torch.tensor([6, 3])
    with torch.no_grad():
        first, second = model(texts, lengths), network(texts, lengths)
    torch.testing.assert_close(first.probabilities, second.probabilities, atol=1e-6, rtol=0)


def test_a_light_network_is_saved_as_transformers_reads_it(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    model = tiny_network()
    save_network(model, tmp_path / "first")
    save_network(load_network(tmp_path / "first"), tmp_path / "second")
    again = ClMilModel.from_pretrained(tmp_path / "second")
    for name, value in again.state_dict().items():
        assert torch.equal(value, model.state_dict()[name])


def test_missing_tensors_are_told(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    save_network(tiny_network(), tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    save_file(dict(list(tensors.items())[1:]), tmp_path / "model.safetensors")
    with pytest.raises(ModelError, match="lacks 1 tensors"):
        load_network(tmp_path)


def test_weights_of_another_shape_are_told(tmp_path: Path) -> None:
    save_network(tiny_network(4), tmp_path)
    (tmp_path / "other").mkdir()
    save_network(tiny_network(5), tmp_path / "other")
    (tmp_path / "other" / "config.json").replace(tmp_path / "config.json")
    with pytest.raises(ModelError, match=r"damaged or does not fit config\.json"):
        load_network(tmp_path)
