"""Which number format is fast on this machine, and which one a computation is in."""

from typing import Any

import torch
from torch import Tensor

from clmil.errors import RecipeError


def bf16_is_fast() -> bool:
    """Tell whether this machine multiplies bf16 natively (a GPU, AMX or AVX512-BF16)."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    capabilities = _capabilities()
    return bool(capabilities.get("amx_bf16") or capabilities.get("avx512_bf16"))


def int8_is_exact() -> bool:
    """Tell whether sums of 8-bit products do not overflow on this processor.

    Without VNNI they are added up in 16 bits, which saturate, and are no faster than fp32.
    """
    return bool(_capabilities().get("avx512_vnni"))


def _capabilities() -> dict[str, Any]:
    found: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return found


def resolve_precision(wanted: str, *, setting: str = "training.precision") -> str:
    """Return the format for `auto`, `fp32`, `bf16` or `int8`; `auto` is bf16 where that is fast.

    Raises:
        RecipeError: if bf16 or int8 is asked for and the hardware lacks it, or on another name.
    """
    if wanted not in ("auto", "fp32", "bf16", "int8"):
        raise RecipeError(f"{setting} {wanted!r} is unknown; give auto, fp32, bf16 or int8.")
    if wanted == "bf16" and not bf16_is_fast():
        raise RecipeError(f"{setting} is bf16, which this processor lacks; use auto or fp32.")
    if wanted == "int8" and not (torch.cuda.is_available() or int8_is_exact()):
        raise RecipeError(
            f"{setting} is int8, for which this processor lacks VNNI instructions; use auto or "
            "fp32."
        )
    if wanted == "auto":
        return "bf16" if bf16_is_fast() else "fp32"
    return wanted


def as_computed(states: Tensor) -> Tensor:
    """Bring states to autocast's format, if it is on; sums with fp32 would else stay in fp32."""
    kind = states.device.type
    return states.to(torch.get_autocast_dtype(kind)) if torch.is_autocast_enabled(kind) else states
