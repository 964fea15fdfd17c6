"""Linear layers in 8 bits, written in ONNX's own operations, for an exported graph.

They can be traced, not run: torch only learns the shapes of what a runtime will compute.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from clmil.nn.network import Network

OPSET = 20
"""Version of the ONNX operations that are written."""

PARTS = ("encoder", "cil")
"""Parts of a network that are large enough to be worth 8 bits."""


class PortableLinear(nn.Module):
    """A linear layer over 8-bit inputs and weights.

    Weights have one scale an output channel, and inputs one a row, so that a document's result
    does not depend on what else is in the batch. A single scale for all inputs, which runtimes
    can find ahead, loses more, since few channels of a transformer are far larger than the rest
    (trials of both: `benchmarks/export.py`).
    """

    weight: Tensor
    scales: Tensor
    zeros: Tensor
    one: Tensor
    middle: Tensor

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        weight = linear.weight.detach()
        scales = weight.abs().amax(dim=1).clamp(min=1e-8) / 127
        rounded = (weight / scales[:, None]).round().to(torch.int8)
        self.bias = linear.bias
        self.register_buffer("weight", rounded.t().contiguous())
        self.register_buffer("scales", scales)
        self.register_buffer("zeros", torch.zeros(len(weight), dtype=torch.int8))
        self.register_buffer("one", torch.tensor(1.0))
        self.register_buffer("middle", torch.tensor(128, dtype=torch.uint8))

    def forward(self, states: Tensor) -> Tensor:
        """Map (..., inputs) to (..., outputs) fp32."""
        step = states.abs().amax(dim=-1, keepdim=True).clamp(min=1e-8) * (1 / 127)
        product = self.product(states / step, self.one, self.middle) * step
        return product if self.bias is None else product + self.bias

    def product(self, states: Tensor, scale: Tensor, zero: Tensor) -> Tensor:
        """Round (..., inputs) on a grid and multiply them with the weights.

        Args:
            states: fp32.
            scale: scalar, from one step of the grid to the next.
            zero: scalar uint8, the step that means 0.
        """
        shape = states.shape
        steps = operation("QuantizeLinear", [states, scale, zero], shape, torch.uint8)
        seen = operation("DequantizeLinear", [steps, scale, zero], shape)
        kept = [self.weight, self.scales, self.zeros]
        weight = operation("DequantizeLinear", kept, self.weight.shape, axis=1)
        return seen @ weight  # which a runtime joins into one product of 8-bit numbers


def round_linears(
    network: Network, make: Callable[[str, nn.Linear], nn.Module] | None = None
) -> None:
    """Replace the linear layers of the large parts of a network.

    Args:
        network: is changed.
        make: the new layer, from a layer's name and itself; None makes a `PortableLinear`.
    """
    for name, module in list(network.named_modules()):
        parent, _, last = name.rpartition(".")
        if isinstance(module, nn.Linear) and name.split(".")[0] in PARTS:
            made = make(name, module) if make else PortableLinear(module)
            setattr(network.get_submodule(parent), last, made)


def operation(
    name: str, inputs: list[Tensor], shape: Any, dtype: torch.dtype = torch.float32, **options: Any
) -> Tensor:
    """Stand for an ONNX operation in a trace."""
    made: Tensor = torch.onnx.ops.symbolic(
        name, inputs, dict(options), dtype=dtype, shape=shape, version=OPSET
    )
    return made
