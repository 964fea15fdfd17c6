"""Which number format the hardware multiplies fast."""

from typing import Any

import torch

from clmil.errors import RecipeError


def bf16_is_fast() -> bool:
    """Tell whether this machine multiplies bf16 natively (a GPU, AMX or AVX512-BF16)."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("amx_bf16") or capabilities.get("avx512_bf16"))


def resolve_precision(wanted: str) -> str:
    """Return `bf16` or `fp32` for `auto`, `bf16` or `fp32`.

    Raises:
        RecipeError: if bf16 is asked for and the hardware lacks it.
    """
    if wanted == "bf16" and not bf16_is_fast():
        raise RecipeError(
            "training.precision is bf16, which this processor lacks; use auto or fp32."
        )
    return "fp32" if wanted == "fp32" or not bf16_is_fast() else "bf16"
