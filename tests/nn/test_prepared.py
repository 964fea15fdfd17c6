"""Prepared copies predict what the network predicts, and leave it alone."""

import operator
from collections.abc import Callable

import pytest
import torch

from clmil.errors import ModelError
from clmil.nn.model import ClMilModel
from clmil.nn.precision import int8_is_exact
from clmil.nn.predict import predict_tokens
from clmil.nn.prepared import Int8Linear, PreparedLinear, prepare, to_steps
from clmil.nn.ranges import activation_ranges

needs_kernels = pytest.mark.skipif(
    not int8_is_exact(), reason="this processor has no kernels for 8 and 16 bits"
)

IDS = [[5, 6, 7, 8, 9], [], [11, 12], list(range(5, 30))]


def test_fp32_is_the_network_itself(build: Callable[..., ClMilModel]) -> None:
    model = build("bert")
    assert prepare(model, "fp32") is model


def test_labels_that_do_not_see_the_text_are_encoded_once(
    build: Callable[..., ClMilModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = build("bert", labels={"see_text": False})
    exact = predict_tokens(model, IDS)
    ready = prepare(model, "fp32")
    monkeypatch.setattr(ClMilModel, "encode_labels", None)
    assert abs(predict_tokens(ready, IDS) - exact).max() < 1e-6
    assert model.kept is None
    assert all(map(operator.is_, ready.parameters(), model.parameters()))


@needs_kernels
@pytest.mark.parametrize("precision", ["bf16", "int8"])
def test_kept_labels_are_rounded_as_the_network_is(
    build: Callable[..., ClMilModel], precision: str
) -> None:
    model = build("bert", labels={"see_text": False})
    ready = prepare(model, precision, activation_ranges(model, IDS))
    close = predict_tokens(ready, IDS, precision=precision)
    assert abs(close - predict_tokens(model, IDS)).max() < 3e-2
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(ready.encode_labels().states, ready.kept.states)


@needs_kernels
@pytest.mark.parametrize("kind", ["bert", "roberta", "mpnet", "distilbert", "electra"])
def test_bf16_is_close_to_fp32_and_leaves_the_network_alone(
    build: Callable[..., ClMilModel], kind: str
) -> None:
    model = build(kind)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    exact = predict_tokens(model, IDS)
    close = predict_tokens(prepare(model, "bf16"), IDS, precision="bf16")
    assert abs(close - exact).max() < 5e-3
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert (predict_tokens(model, IDS) == exact).all()


@needs_kernels
def test_int8_is_close_to_fp32(build: Callable[..., ClMilModel]) -> None:
    model = build("bert")
    ready = prepare(model, "int8", activation_ranges(model, IDS))
    assert any(isinstance(module, Int8Linear) for module in ready.modules())
    close = predict_tokens(ready, IDS, precision="int8")
    assert abs(close - predict_tokens(model, IDS)).max() < 3e-2


def test_int8_needs_ranges(build: Callable[..., ClMilModel]) -> None:
    with pytest.raises(ModelError, match="holds no activation ranges; train it again"):
        prepare(build("bert"), "int8")


@needs_kernels
@pytest.mark.parametrize("gelu", [False, True])
def test_prepared_linear_by_hand(gelu: bool) -> None:
    torch.manual_seed(1)
    linear = torch.nn.Linear(12, 7)
    states = torch.randn(5, 12).bfloat16()
    expected = linear(states.float())
    expected = torch.nn.functional.gelu(expected) if gelu else expected
    made = PreparedLinear([linear], gelu=gelu)(states)
    torch.testing.assert_close(made.float(), expected, atol=2e-2, rtol=1e-2)


def test_int8_linear_by_hand() -> None:
    linear = torch.nn.Linear(2, 1)
    with torch.no_grad():
        linear.weight.copy_(torch.tensor([[1.27, -0.64]]))
        linear.bias.fill_(0.5)
    layer = Int8Linear([linear], (-1.0, 1.55))  # scale 0.01, zero point 100; weights by 0.01
    states = torch.tensor([[1.0, 0.5], [9.0, -9.0]])  # the second is cut to 1.55 and -1
    expected = [[1.27 - 0.32 + 0.5], [1.27 * 1.55 + 0.64 + 0.5]]
    torch.testing.assert_close(layer(states).float(), torch.tensor(expected), atol=0.02, rtol=0)


def test_steps_are_the_nearest_and_stay_on_the_grid() -> None:
    states = torch.tensor([-9.0, -1.0, -0.006, 0.0, 0.004, 1.55, 9.0])
    steps = to_steps(states, 0.01, 100)
    assert steps.dtype is torch.uint8
    assert steps.tolist() == [0, 0, 99, 100, 100, 255, 255]
    assert to_steps(states.bfloat16(), 0.01, 100).tolist() == steps.tolist()
    assert states[0] == -9.0


@needs_kernels
def test_joined_layers_and_8_bit_results() -> None:
    torch.manual_seed(2)
    first, second = torch.nn.Linear(8, 6), torch.nn.Linear(8, 6)
    states = torch.randn(9, 8)
    joined = Int8Linear([first, second], (-4.0, 4.0), next_span=(-4.0, 4.0))(states)
    assert joined.dtype is torch.uint8
    values = (joined.float() - 128) * (8 / 255)
    expected = torch.cat([first(states), second(states)], dim=1)
    torch.testing.assert_close(values, expected, atol=0.1, rtol=0)


@pytest.mark.parametrize("see_text", [True, False])
def test_ranges_of_packed_layers_are_those_of_transformers_own(
    build: Callable[..., ClMilModel], see_text: bool
) -> None:
    model = build("bert", labels={"see_text": see_text})
    full = [ids for ids in IDS if ids]  # and one at a time: without padding in either way
    packed = activation_ranges(model, full, batch_size=1)
    model.packed = False
    plain = activation_ranges(model, full, batch_size=1)
    assert packed.keys() == plain.keys()
    for name, span in packed.items():
        assert span == pytest.approx(plain[name], abs=1e-4), name


def test_ranges_are_means_over_batches_and_leave_no_hook(build: Callable[..., ClMilModel]) -> None:
    model = build("bert")
    name = "encoder.encoder.layer.0.attention.self.query"
    ranges = activation_ranges(model, IDS, batch_size=1)
    alone = [activation_ranges(model, [ids])[name] for ids in IDS]
    low, high = (sum(span[end] for span in alone) / len(IDS) for end in (0, 1))
    assert ranges[name] == pytest.approx((low, high), abs=1e-4)
    assert model.packed
    assert not any(module._forward_pre_hooks for module in model.modules())
