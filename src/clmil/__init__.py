"""Multi-label text classification that is accurate on rare labels.

Everything is imported on first use, so that `import clmil` costs nothing.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clmil.estimator import TextClassifier, load

    __version__: str

__all__ = ["TextClassifier", "__version__", "load"]


def __getattr__(name: str) -> Any:
    """Import a public name on first use (PEP 562)."""
    if name == "__version__":
        from importlib.metadata import version

        return version("clmil")
    if name in ("TextClassifier", "load"):
        from clmil import estimator

        return getattr(estimator, name)
    raise AttributeError(f"module 'clmil' has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
