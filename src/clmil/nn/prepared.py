"""Copies of a network whose linear layers are laid out for predicting on a CPU.

oneDNN takes weights in an order of its own; bringing them there once, rather than in each
call, and fusing bias and GELU into the product, is the same function, faster
(`tests/nn/test_prepared.py`). In int8 inputs and weights are rounded to 8 bits too.
"""

import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from clmil.errors import ModelError
from clmil.nn.network import Network
from clmil.nn.ranges import Ranges

STEPS, HALF = 255, 128
"""Values of an 8-bit number, less one; half of them."""


def prepare(network: Network, precision: str, ranges: Ranges | None = None) -> Network:
    """Return a network to predict with; the one given is not changed.

    Args:
        network: in eval mode.
        precision: `fp32` returns the network itself, or a copy with its weights that keeps its
            labels encoded; `bf16` and `int8` one with its own, to be run under bf16 autocast.
        ranges: for `int8`, from `clmil.nn.ranges.activation_ranges`.

    Raises:
        ModelError: for `int8` without ranges, or on a GPU.
    """
    on_cpu = network.device.type == "cpu"
    if precision == "int8" and not (ranges and on_cpu):
        lack = "holds no activation ranges; train it again" if on_cpu else "is on a GPU; use bf16"
        raise ModelError(f"int8 cannot be used: this model {lack}.")
    if precision == "fp32":
        return _keep_labels(copy.copy(network), precision) if _keeps_labels(network) else network
    shared = {id(m): m for m in network.modules() if isinstance(m, nn.Embedding)}
    ready = copy.deepcopy(network, shared)
    if not (on_cpu and torch.backends.mkldnn.is_available()):  # type: ignore[no-untyped-call]
        return ready
    makers = _Makers(ranges if precision == "int8" else None)
    if ready.packed:
        for number, layer in enumerate(ready.encoder.encoder.layer):
            makers.fuse(layer, f"encoder.encoder.layer.{number}")
    for name, module in list(ready.named_modules()):
        if type(module) is nn.Linear:
            parent, _, last = name.rpartition(".")
            setattr(ready.get_submodule(parent), last, makers.make(name, [module]))
    return _keep_labels(ready, precision)


def _keeps_labels(network: Network) -> bool:
    return network.settings.labels.apart and network.leaves_padding_out


def _keep_labels(ready: Network, precision: str) -> Network:
    """Encode labels that do not see the text, once and for all."""
    if _keeps_labels(ready):
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=precision != "fp32"):
            ready.kept = ready.encode_labels()
    return ready


class PreparedLinear(nn.Module):
    """A linear layer in bf16 with weights in oneDNN's own order, perhaps with GELU after it."""

    def __init__(self, linears: list[nn.Linear], *, gelu: bool = False) -> None:
        super().__init__()
        weight, self.bias = _joined(linears)
        self.bias = None if self.bias is None else self.bias.to(torch.bfloat16)
        self.weight = torch.ops.mkldnn._reorder_linear_weight(weight.to(torch.bfloat16))
        self.after = ("gelu", "none") if gelu else ("none", "")

    def forward(self, states: Tensor) -> Tensor:
        """Map (..., inputs) to (..., outputs) bf16."""
        kind, algorithm = self.after
        result: Tensor = torch.ops.mkldnn._linear_pointwise(
            states.to(torch.bfloat16), self.weight, self.bias, kind, [], algorithm
        )
        return result


class Int8Linear(nn.Module):
    """A linear layer over 8-bit inputs and weights: one scale for inputs, one an output channel.

    Args:
        linears: layers with one input, joined along their outputs.
        span: smallest and largest input.
        gelu: apply GELU.
        next_span: give the result as 8-bit numbers over this span rather than bf16.
    """

    def __init__(
        self,
        linears: list[nn.Linear],
        span: tuple[float, float],
        *,
        gelu: bool = False,
        next_span: tuple[float, float] | None = None,
    ) -> None:
        super().__init__()
        weight, self.bias = _joined(linears)
        self.scales = weight.abs().amax(dim=1).clamp(min=1e-8) / 127
        rounded = (weight / self.scales[:, None]).round().clamp(-127, 127).to(torch.int8)
        self.weight = torch.ops.onednn.qlinear_prepack(rounded, None)
        self.zeros = torch.zeros(len(weight), dtype=torch.int64)
        self.scale, self.zero = _grid(span)
        self.after = ("gelu", "none") if gelu else ("none", "")
        self.output = (*_grid(next_span), torch.uint8) if next_span else (1.0, 0, torch.bfloat16)

    def forward(self, states: Tensor) -> Tensor:
        """Map (..., inputs), of any dtype or already 8-bit, to (..., outputs)."""
        if states.dtype != torch.uint8:
            states = to_steps(states, self.scale, self.zero)
        scale, zero, dtype = self.output
        kind, algorithm = self.after
        result: Tensor = torch.ops.onednn.qlinear_pointwise(
            *(states, self.scale, self.zero, self.weight, self.scales, self.zeros, self.bias),
            *(scale, zero, dtype, kind, [], algorithm),
        )
        return result


class _Makers:
    """Makes the layers of one precision."""

    def __init__(self, ranges: Ranges | None) -> None:
        self.ranges = ranges

    def make(self, name: str, linears: list[nn.Linear], **options: Any) -> nn.Module:
        """Return a layer for one or several that share an input; bf16 where no range is known."""
        span = self.ranges.get(name) if self.ranges else None
        if span is None:
            options.pop("next_span", None)
            return PreparedLinear(linears, **options)
        return Int8Linear(linears, span, **options)

    def fuse(self, layer: Any, name: str) -> None:
        """Join a transformer layer's query, key and value, and put its GELU into the product."""
        within, inner = layer.attention.self, layer.intermediate
        parts = [within.query, within.key, within.value]
        within.joined = self.make(f"{name}.attention.self.query", parts)
        within.query = within.key = within.value = None
        act = inner.intermediate_act_fn
        if act is functional.gelu or type(act).__name__ == "GELUActivation":
            span = self.ranges.get(f"{name}.output.dense") if self.ranges else None
            options: dict[str, Any] = {"gelu": True, "next_span": span}
            inner.dense = self.make(f"{name}.intermediate.dense", [inner.dense], **options)
            inner.intermediate_act_fn = nn.Identity()


def _joined(linears: list[nn.Linear]) -> tuple[Tensor, Tensor | None]:
    """Return weight and bias of layers that share an input, one above the other."""
    weight = torch.cat([linear.weight.detach() for linear in linears])
    biases = [linear.bias.detach() for linear in linears if linear.bias is not None]
    return weight, torch.cat(biases) if biases else None


def to_steps(states: Tensor, scale: float, zero: int) -> Tensor:
    """Round to the nearest of a grid's values, uint8.

    By way of int8, the one to which PyTorch converts in vectors; the sign bit tells them apart.
    """
    steps = states.float().mul(1 / scale).add_(zero - HALF).round_().clamp_(-HALF, HALF - 1)
    return steps.to(torch.int8).view(torch.uint8).bitwise_xor_(HALF)


def _grid(span: tuple[float, float]) -> tuple[float, int]:
    """Return scale and zero point of 8-bit numbers over a span, which is made to hold 0."""
    low, high = min(span[0], 0.0), max(span[1], 0.0)
    scale = max(high - low, 1e-8) / STEPS
    return scale, round(-low / scale)
