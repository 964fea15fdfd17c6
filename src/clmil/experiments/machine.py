"""On what a cell was run, since its cost means nothing without."""

from typing import Any

from clmil.systems.registry import family_of
from clmil.systems.settings import Recipe


def machine(recipe: Recipe) -> dict[str, Any]:
    """Return `device`, such as `AVX2` or a GPU's name, `threads`, and the `precision` of training.

    A system that does not need torch has neither.
    """
    if not family_of(recipe.system).needs_torch:
        return {}
    import torch

    from clmil.nn.precision import resolve_precision

    precision = resolve_precision(getattr(recipe.training, "precision", "auto"))
    found = {"threads": torch.get_num_threads(), "precision": precision}
    if torch.cuda.is_available():
        return {"device": torch.cuda.get_device_name(), **found}
    return {"device": torch.backends.cpu.get_cpu_capability(), **found}


def said(found: dict[str, Any]) -> str:
    """Return a machine in a few words."""
    if not found:
        return ""
    threads = found["threads"]
    return f"{found['device']}, {threads} thread{'s' if threads > 1 else ''}, {found['precision']}"
