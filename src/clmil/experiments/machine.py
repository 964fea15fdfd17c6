"""On what a cell was run, since its cost means nothing without."""

import sys
from typing import Any


def machine() -> dict[str, Any]:
    """Return `device`, such as `AVX2` or a GPU's name, `threads`, and the `precision` of training.

    Without torch there are neither: a linear model is fitted by scikit-learn.
    """
    torch = sys.modules.get("torch")
    if torch is None:
        return {}
    from clmil.nn.precision import resolve_precision

    found = {"threads": torch.get_num_threads(), "precision": resolve_precision("auto")}
    if torch.cuda.is_available():
        return {"device": torch.cuda.get_device_name(), **found}
    return {"device": torch.backends.cpu.get_cpu_capability(), **found}


def said(found: dict[str, Any]) -> str:
    """Return a machine in a few words."""
    if not found:
        return ""
    threads = found["threads"]
    return f"{found['device']}, {threads} thread{'s' if threads > 1 else ''}, {found['precision']}"
